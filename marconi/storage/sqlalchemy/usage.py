"""What projects use. Only those with limits have a row."""

import sqlalchemy as sa
from sqlalchemy import exc

from marconi import objects
from marconi.storage import accounting
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_usage = tables.usage.c
_THIS = _usage.project == sa.bindparam('this')
#: ``count_at`` of a new row. What is to be counted at once has this or less: minus the time
#: at which that was asked for, which tells whether it was asked for again.
AT_ONCE = 0
#: How often projects are added that others add at the same time.
ATTEMPTS = 5


class Usage(accounting.Usage):

    _GET = sa.select(tables.usage).where(
        _usage.project.in_(sa.bindparam('projects', expanding=True)))
    _ADD = sa.update(tables.usage).where(_THIS).values(
        messages=_usage.messages + sa.bindparam('more', type_=sa.BigInteger),
        bytes=_usage.bytes + sa.bindparam('more_bytes', type_=sa.BigInteger))
    _MARK = sa.update(tables.usage).where(_THIS).values(count_at=-engine.NOW)
    _ASKED = sa.select(tables.usage, engine.NOW.label('now')).where(
        _usage.count_at <= AT_ONCE).order_by(_usage.count_at.desc()).limit(1)
    _DUE = sa.select(tables.usage, engine.NOW.label('now')).where(
        _usage.count_at > AT_ONCE, _usage.count_at <= engine.NOW,
    ).order_by(_usage.count_at).limit(1)
    # Another count that was finished since has left its own time.
    _OURS = sa.and_(_THIS, sa.or_(_usage.count_at == sa.bindparam('was_due'),
                                  _usage.count_at <= AT_ONCE))
    _FINISH = _ADD.where(_OURS).values(count_at=sa.case(
        (_usage.count_at == sa.bindparam('was_due'),
         engine.NOW + sa.bindparam('wait', type_=sa.BigInteger)),
        else_=_usage.count_at))
    _FORGET = sa.delete(tables.usage).where(_OURS)

    def __init__(self, store):
        self.database = store.database
        self._schema = store.schema

    @property
    def _kept(self):
        return self._schema.reached('0003', 'usage is not kept, nor limits of messages enforced')

    def get(self, project):
        return self._get(project) if self._kept else None

    @engine.reading
    def _get(self, connection, project):
        row = connection.execute(self._GET, {'projects': [project]}).first()
        return row and _to_usage(row)

    def add(self, changes):
        if not self._kept:
            return dict.fromkeys(changes, objects.Usage(messages=0, bytes=0, counted=False))
        projects = list(changes)
        known = self._read(projects)
        # SQLite has one writer at a time, and there may be nothing to write.
        if len(known) == len(changes) and not any(map(any, changes.values())):
            return known
        for last in range(ATTEMPTS - 1, -1, -1):
            try:
                return self._add(changes)
            except exc.IntegrityError:  # another process made a row just now
                if not last:
                    raise

    def mark(self, project):
        if self._kept:
            self._mark(project)

    @engine.writing
    def _mark(self, connection, project):
        connection.execute(self._MARK, {'this': project, 'now': self.database.now()})

    def begin_count(self, asked):
        return self._begin_count(asked) if self._kept else None

    @engine.reading
    def _begin_count(self, connection, asked):
        row = connection.execute(self._ASKED if asked else self._DUE,
                                 {'now': self.database.now()}).first()
        return row and objects.Count(
            project=row.project, messages=row.messages, bytes=row.bytes, due_at=row.count_at,
            began_at=row.now)

    @engine.writing
    def finish_count(self, connection, count, messages, bytes, seconds):
        known = messages is not None
        connection.execute(self._FINISH, {
            'this': count.project, 'was_due': count.due_at,
            'more': messages - count.messages if known else 0,
            'more_bytes': bytes - count.bytes if known else 0,
            'wait': round(1000 * seconds), 'now': self.database.now()})

    @engine.writing
    def forget(self, connection, count):
        connection.execute(self._FORGET, {'this': count.project, 'was_due': count.due_at})

    @engine.reading
    def _read(self, connection, projects):
        return _by_project(connection.execute(self._GET, {'projects': projects}))

    @engine.writing
    def _add(self, connection, changes):
        projects = sorted(changes)  # in one order, so that no two wait for each other
        known = _by_project(connection.execute(self._GET, {'projects': projects}))
        new = [{'project': project, 'messages': 0, 'bytes': 0, 'count_at': AT_ONCE}
               for project in projects if project not in known]
        if new:
            connection.execute(sa.insert(tables.usage), new)
        more = [{'this': project, 'more': changes[project][0], 'more_bytes': changes[project][1]}
                for project in projects if any(changes[project])]
        if more:
            connection.execute(self._ADD, more)
        return _by_project(connection.execute(self._GET, {'projects': projects}))


def _to_usage(row):
    return objects.Usage(messages=row.messages, bytes=row.bytes,
                         counted=row.count_at > AT_ONCE)


def _by_project(rows):
    return {row.project: _to_usage(row) for row in rows}
