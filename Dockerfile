# syntax=docker/dockerfile:1

FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv .venv && .venv/bin/pip install --require-hashes -r requirements.txt
COPY manage.py ./
COPY hub ./hub
COPY lrs ./lrs
COPY connectors ./connectors
COPY compliance ./compliance
# Nothing is connected to while static files are collected; the addresses only keep the embedded servers out.
RUN DATABASE_URL=postgresql://nobody@localhost/none CELERY_BROKER_URL=memory:// HUB_STATIC_DIR=/app/static \
    .venv/bin/python manage.py prepare --static --skip-checks

FROM python:3.13-slim-trixie
RUN groupadd --gid 10001 hub \
    && useradd --uid 10001 --gid hub --no-create-home --home-dir /data --shell /usr/sbin/nologin hub \
    && install --directory --owner hub --group hub --mode 0750 /data
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HUB_DATA_DIR=/data \
    HUB_STATIC_DIR=/app/static \
    HUB_HOST=0.0.0.0 \
    HUB_LOG_FORMAT=json \
    PORT=8000
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
CMD ["python", "manage.py", "run", "web"]
