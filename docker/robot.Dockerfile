# The robot: ROS and the whole workspace. Built from the repository's root; ROS from apt, or from pip on Debian 12:
#   docker build -f docker/robot.Dockerfile -t inhand-robot .
#   docker build -f docker/robot.Dockerfile -t inhand-robot \
#     --build-arg BASE=debian:12 --build-arg ROS_PACKAGES=libpython3.11 .
ARG ROS_DISTRO=jazzy
ARG BASE=ros:${ROS_DISTRO}-ros-base

# hadolint ignore=DL3006
FROM ${BASE} AS base
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# ROS from pip needs the shared library of Python, which Debian splits off.
ARG ROS_DISTRO
ARG ROS_PACKAGES="ros-${ROS_DISTRO}-cv-bridge ros-${ROS_DISTRO}-tf-transformations"
# Versions are the distribution's. What runs needs rendering without a screen; what builds has to see the same packages,
# for pip brings only what apt did not.
# hadolint ignore=DL3008,SC2086
RUN apt-get update && apt-get install -y --no-install-recommends \
      libegl-mesa0 libegl1 libgl1 libgl1-mesa-dri libgles2 libosmesa6 libvulkan1 mesa-vulkan-drivers \
      python3-venv ${ROS_PACKAGES} \
    && rm -rf /var/lib/apt/lists/*

FROM base AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      cmake g++ git libeigen3-dev libgmock-dev libgtest-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /inhand
COPY requirements.txt requirements-dev.txt ./
COPY underlay underlay
RUN underlay/setup
COPY . .
RUN make build && rm -rf build log

FROM base
ARG UID=1001
RUN useradd --create-home --uid "${UID}" inhand && install -d -o "${UID}" /inhand/bags /inhand/runs /inhand/state
COPY --from=build /inhand /inhand
COPY --chmod=755 docker/robot-entrypoint docker/robot-health /usr/local/bin/
# Real-time rights come from the run, not from the image: ulimits rtprio and memlock, see robot.compose.yaml.
USER ${UID}
WORKDIR /inhand
HEALTHCHECK --interval=10s --timeout=15s --start-period=60s --retries=3 CMD ["robot-entrypoint", "robot-health"]
ENTRYPOINT ["robot-entrypoint"]
CMD ["inhand", "doctor", "--folder", "bags"]
