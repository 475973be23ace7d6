"""Marconi: the queuing and notification service of an OpenStack cloud."""
