# Everything in one image: docker run -p 8000:8000 --rm -it $(docker build -q .)
# The three services under the launcher of `make run`. It prints a link that signs in, unless ACCESS_PASSWORD is set.
# Catalogue, vectors, pictures that people add and weights stay with: -v image-search:/data
# Your own pictures: -v /path/to/pictures:/pictures:ro -e IMAGES=/pictures
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS dependencies
# PyTorch's CPU build comes from an index of its own. Empty: whatever pip's own index has (on PyPI several GB, for CUDA).
ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
# A folder or page of wheels, where that index can't be reached.
ARG PIP_FIND_LINKS=
WORKDIR /build
COPY pyproject.toml constraints.txt LICENSE NOTICE ./
# The index is asked first, with a short limit: pip itself would retry an unreachable one for minutes.
RUN touch README.md && python -m venv --without-pip /venv \
    && if [ -z "$TORCH_INDEX_URL" ]; then extra=; \
       elif timeout 15 python -c "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=5)" "$TORCH_INDEX_URL/torch/" 2>/dev/null; \
       then extra="--extra-index-url=$TORCH_INDEX_URL"; \
       elif [ -n "$PIP_FIND_LINKS" ]; then extra=; echo "$TORCH_INDEX_URL can't be reached: PyTorch comes from $PIP_FIND_LINKS"; \
       else echo "$TORCH_INDEX_URL can't be reached. Give PIP_FIND_LINKS a place that has PyTorch's CPU build," \
                 "or set TORCH_INDEX_URL to another index (to nothing, for the build that pip finds by itself)." >&2; exit 1; fi \
    && python -m pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
       ${extra:+"$extra"} -c constraints.txt '.[embedding,search,aggregate,s3]'

FROM ${PYTHON_IMAGE}
RUN groupadd --gid 10001 app && useradd --uid 10001 --gid app --no-create-home --home-dir /tmp app \
    && install -d -o app -g app /data /data/huggingface
WORKDIR /app
COPY --from=dependencies /venv /venv
COPY service_kit service_kit
COPY picture_files picture_files
COPY frontend frontend
COPY embedding_service embedding_service
COPY search_service search_service
COPY aggregate_service aggregate_service
RUN chmod -R a+rX /app # whatever umask the repository was cloned under
# Without PASSIVE, torch's threads spin while they wait and take the cores from the other services.
ENV OMP_WAIT_POLICY=PASSIVE PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HF_HOME=/data/huggingface DATA_DIR=/data AGG_FASTAPI_HOST=0.0.0.0 AGG_FASTAPI_PORT=8000
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Ready once the first index has ended, which may take hours: until then it is starting, not ill.
HEALTHCHECK --interval=10s --timeout=4s --start-period=24h --retries=3 CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=3); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["python", "-m", "aggregate_service.local"]
