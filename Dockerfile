# Production dependencies only. No script of any package runs: the single one that wants to (msgpackr-extract) is an
# optional speed-up.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

# What runs: the sources as they are, since Node strips the types itself. Everything belongs to root, so the user that
# runs it cannot change it, and nothing is written below /app.
FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="deskbridge" \
  org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
  DESKBRIDGE_CONFIG=/etc/deskbridge/deskbridge.yaml
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src

# For a volume with files of customers: a new one takes over whose folder it is. Nothing is there without.
RUN mkdir -p /data/attachments && chown 1000:1000 /data/attachments

# By number, so that an orchestrator can see that it is not root. It is the user `node` of the base image.
USER 1000:1000

# 3000: Meta and the REST API. 3001: /livez, /readyz and /metrics; never publish it.
EXPOSE 3000 3001

# Asks the admin port from inside, where it is on loopback too. The image has no curl, and needs none.
# If you change server.adminPort, set ADMIN_PORT instead of the key in the file, so that this follows.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT || 3001}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

STOPSIGNAL SIGTERM
CMD ["node", "src/main.ts"]
