"""What gunicorn runs: `gunicorn wsgi:app`."""

from marketplace.app import application

app = application()
