# Debian, as the embedding runtime is built for glibc.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY protocol/package.json protocol/
COPY server/package.json server/
COPY widget/package.json widget/
COPY dashboard/package.json dashboard/

# The front ends, built with the whole tool chain.
FROM packages AS front-ends
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build.ts

# What the server needs to run; a Node of its own is not of it, as the image has one.
FROM packages AS production
RUN npm ci --ignore-scripts --omit=dev --workspace server \
  && rm -rf node_modules/node-linux-* node_modules/onnxruntime-node/bin/napi-v*/darwin node_modules/onnxruntime-node/bin/napi-v*/win32

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 MEVICHAT_DATA_DIR=/data NODE_COMPILE_CACHE=/tmp/node-compile-cache
WORKDIR /app
COPY --from=production /app ./
COPY --from=front-ends /app/widget/dist widget/dist
COPY --from=front-ends /app/dashboard/dist dashboard/dist
COPY protocol/src protocol/src
COPY server server
COPY docs docs
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "server/src/main.ts"]
CMD ["all"]
