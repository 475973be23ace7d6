"""The load generator behind ``marconi-bench``.

It knows a service by its API only, so that it measures any service that speaks
version 1.1 or 2; it imports nothing else of Marconi.

``client`` sends requests through many connections at a time, ``scenarios`` says which
requests, ``load`` spreads them over processes, ``plan`` runs one scenario after another and
``report`` shows what came out.
"""
