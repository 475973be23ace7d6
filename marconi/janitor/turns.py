"""Which sweep is next: one that is due, or one that somebody asked for."""

import threading
import time

#: Seconds between two looks at which sweeps there are.
LOOK_INTERVAL = 5.0


class Turns:
    """Takes turns between sweeps, so that a big one does not hold up the others."""

    def __init__(self, look):
        """
        :param look: function that returns the sweeps that there are now; those
            that were there before must be the same objects.
        """
        self._look = look
        self.sweeps = []
        self._hinted = set()
        self._lock = threading.Lock()
        self._awake = threading.Event()
        self._stopping = threading.Event()

    def run(self):
        """Sweep until told to stop."""
        due, next_look = {}, time.monotonic()
        while not self._stopping.is_set():
            now = time.monotonic()
            if now >= next_look:
                self.sweeps = self._look()
                due = {sweep: due.get(sweep, now) for sweep in self.sweeps}
                next_look = now + LOOK_INTERVAL
            self._awake.wait(min(*due.values(), next_look) - now)
            for sweep in self._take_hints():
                # Not before others whose time has come: hints may come without end.
                due[sweep] = min(due.get(sweep, now), time.monotonic())
            sweep = min(due, key=due.get)
            if time.monotonic() >= due[sweep] and not self._stopping.is_set():
                due[sweep] = sweep.turn() + time.monotonic()

    def wake(self, name):
        """Run the sweeps of this name without waiting for their time; False if there are none.

        Those that failed go on resting. May be called from any thread.
        """
        meant = [sweep for sweep in self.sweeps if sweep.kind == name]
        with self._lock:
            self._hinted.update(sweep for sweep in meant if not sweep.failing)
            self._awake.set()
        return bool(meant)

    def stop(self):
        """Let ``run`` return after the turn that is under way."""
        self._stopping.set()
        self._awake.set()

    def _take_hints(self):
        with self._lock:
            hinted, self._hinted = self._hinted, set()
            self._awake.clear()
        return hinted
