"""The real way of reading other calendars: over https, understood in a process of its own."""

from marketplace.outside.busy_times import busy_times_apart
from marketplace.outside.https import HttpsFiles
from marketplace.outside.port import BusyWindow, Fetched


class HttpsCalendars:
    """Other calendars on the open Internet."""

    def __init__(self, files: HttpsFiles | None = None) -> None:
        self._files = files or HttpsFiles()

    def fetch(self, url: str, etag: str, modified: str) -> Fetched:
        """Get the file if it has changed; raises `Unreadable`."""
        return self._files.fetch(url, etag, modified)

    def busy(self, body: bytes, window: BusyWindow) -> tuple[range, ...]:
        """The quarters that are taken; raises `Unreadable`."""
        return busy_times_apart(body, window)
