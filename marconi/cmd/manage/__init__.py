"""marconi-manage: what an operator does to the service, one module per noun.

A noun's module has ``HELP``, and ``add_commands(commands)``, which adds a parser per verb with
``set_defaults(action=…)``. The action is given the configuration; the words of the command
line are attributes of ``conf.command``.
"""

from oslo_config import cfg

from marconi.cmd import common
from marconi.cmd.manage import db
from marconi.cmd.manage import pool
from marconi.cmd.manage import queue
from marconi.cmd.manage import service

NOUNS = {'db': db, 'pool': pool, 'queue': queue, 'service': service}


def main(args=None):
    """Run one command; return the exit code."""
    return common.run(lambda: _main(args))


def _main(args):
    conf = common.configure(args, cli_opts=[cfg.SubCommandOpt(
        'command', title='Commands', handler=_add_nouns)])
    return conf.command.action(conf)


def _add_nouns(parsers):
    for noun, module in NOUNS.items():
        parser = parsers.add_parser(noun, help=module.HELP)
        module.add_commands(parser.add_subparsers(dest='verb', required=True))
