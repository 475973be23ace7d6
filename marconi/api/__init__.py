"""The front doors: they translate the wire to calls on the broker, and back."""
