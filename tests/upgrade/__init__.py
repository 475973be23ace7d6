"""This release and the one before it, at work on one database (P9).

``PREVIOUS`` names the release before. Its code comes out of the history of this checkout.
"""
