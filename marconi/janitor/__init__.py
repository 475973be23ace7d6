"""The janitor reclaims space. No answer is ever wrong because it is late."""
