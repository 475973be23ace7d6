"""The storage contract as tests, and what our own driver promises beyond it.

``tests.storage.contract`` is for every driver; see there how another one runs
it. The other modules look into the databases of ``marconi.storage.sqlalchemy``:
its statements and their plans, its transactions and what a crash leaves of
them.
"""
