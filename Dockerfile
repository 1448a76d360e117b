# One image for every service of the distributed edition; docker-compose.yml says what each runs.
FROM python:3.11-slim AS base
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY trellis trellis
COPY router router
COPY schema schema
COPY db db
COPY subgraphs subgraphs
COPY persisted_queries persisted_queries
COPY trellis.toml ./
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
 && useradd --create-home --uid 10001 trellis \
 && install --directory --owner trellis --mode 700 /var/lib/trellis/files
USER trellis
EXPOSE 4000
CMD ["trellis", "serve", "--host", "0.0.0.0"]

# What the subgraph executions runs code with; the languages that are left out here are unavailable.
FROM base AS executions
USER root
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      bubblewrap util-linux python3 nodejs default-jdk-headless g++ rustc golang-go \
 && rm -rf /var/lib/apt/lists/*
USER trellis

# The last one is what is built when no target is named.
FROM base
