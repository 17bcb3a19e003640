# syntax=docker/dockerfile:1
# One image; compose.yaml says which process a container runs.

FROM node:22-bookworm-slim AS browser
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY tools/vendor.mjs tools/
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && node tools/vendor.mjs

FROM python:3.12-slim-bookworm AS packages
RUN pip install --no-cache-dir --disable-pip-version-check uv
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
COPY requirements.lock /tmp/
RUN uv venv --python /usr/local/bin/python /opt/venv \
 && uv pip sync --no-cache --require-hashes --python /opt/venv/bin/python /tmp/requirements.lock

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/callcenter --create-home callcenter
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=callcenter_site.settings VAR_DIR=/var/lib/callcenter
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY . .
COPY --from=browser /build/static/vendor static/vendor
USER callcenter
# The keys made during this step are thrown away: a container gets its own by its environment.
RUN python manage.py collectstatic --noinput --verbosity 0 \
 && python -m whitenoise.compress -q "$VAR_DIR/static" \
 && rm -rf "$VAR_DIR/secrets"
EXPOSE 8000
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "--ping-interval", "10", "--ping-timeout", "5", "callcenter_site.asgi:application"]
