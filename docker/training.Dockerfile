# Training and evaluation, without ROS. Built from the repository's root:
#   docker build -f docker/training.Dockerfile -t inhand-training .
FROM python:3.11-slim-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends cmake g++ libeigen3-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /inhand
COPY requirements.txt ./
COPY underlay/constraints.txt underlay/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt mujoco-warp==4.0.0 \
      -c underlay/constraints.txt
COPY . .
ENV PATH=/venv/bin:$PATH
RUN docker/install-without-ros

FROM python:3.11-slim-bookworm
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      libegl-mesa0 libegl1 libgl1 libgl1-mesa-dri libgles2 libvulkan1 mesa-vulkan-drivers \
    && rm -rf /var/lib/apt/lists/*
ARG UID=1001
RUN useradd --create-home --uid "${UID}" inhand && install -d -o "${UID}" /inhand/runs
COPY --from=build /venv /venv
COPY src/inhand_bringup/config /inhand/config
COPY src/inhand_bringup/urdf /inhand/urdf
COPY src/inhand_bringup/weights /inhand/weights
ENV PATH=/venv/bin:$PATH INHAND_ROOT=/inhand MUJOCO_GL=egl
USER ${UID}
WORKDIR /inhand
HEALTHCHECK NONE
ENTRYPOINT ["inhand"]
CMD ["--help"]
