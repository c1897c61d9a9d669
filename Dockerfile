# One image with both halves, made by the very scripts that `make` runs on a machine; docker-compose.yml starts them.
FROM debian:trixie

RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates passwd python3 \
    && rm -rf /var/lib/apt/lists/*

# The calls' Asterisk rarely changes and takes longest: it is a layer of its own, independent of the code.
WORKDIR /opt/hotline
ENV HOTLINE_CACHE=/opt/asterisk
COPY scripts scripts
COPY hotline/__init__.py hotline/toolchain.py hotline/
RUN scripts/setup asterisk speech && rm -rf /var/lib/apt/lists/*

COPY . .
RUN scripts/setup venv \
    && .venv/bin/python -m compileall -q access common hotline ivr knowledge tickets transcription \
    && rm -rf /var/lib/apt/lists/*

# Neither half needs root: every port is above 1024. The volume takes its owner from this directory.
RUN useradd --system --uid 12345 --home-dir /var/lib/hotline --create-home hotline \
    && chmod 700 /var/lib/hotline
USER hotline
ENV PATH=/opt/hotline/.venv/bin:$PATH HOTLINE_DATA_DIR=/var/lib/hotline
VOLUME /var/lib/hotline
CMD ["hotline", "run"]
