"""The broker: what queues, messages and claims are, and who may do what with them."""

from marconi.core.broker import Broker

__all__ = ['Broker']
