# The robot: ROS from apt and the whole workspace. Built from the repository's root:
#   docker build -f docker/robot.Dockerfile -t inhand-robot .
ARG ROS_DISTRO=jazzy

# hadolint ignore=DL3006
FROM ros:${ROS_DISTRO}-ros-base AS base
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# Versions are the distribution's. What runs needs rendering without a screen; what builds has to see the same packages,
# for pip brings only what apt did not.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      libegl-mesa0 libegl1 libgl1 libgl1-mesa-dri libgles2 libosmesa6 libvulkan1 mesa-vulkan-drivers \
      python3-venv "ros-${ROS_DISTRO}-cv-bridge" "ros-${ROS_DISTRO}-tf-transformations" \
    && rm -rf /var/lib/apt/lists/*

FROM base AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      cmake g++ git libeigen3-dev libgmock-dev libgtest-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /inhand
COPY . .
RUN make build && rm -rf build log

FROM base
ARG UID=1001
RUN useradd --create-home --uid "${UID}" inhand && install -d -o "${UID}" /inhand/bags /inhand/runs
COPY --from=build /inhand /inhand
COPY --chmod=755 docker/robot-entrypoint docker/robot-health /usr/local/bin/
# Real-time rights come from the run, not from the image: ulimits rtprio and memlock, see robot.compose.yaml.
USER ${UID}
WORKDIR /inhand
HEALTHCHECK --interval=10s --timeout=15s --start-period=60s --retries=3 CMD ["robot-entrypoint", "robot-health"]
ENTRYPOINT ["robot-entrypoint"]
CMD ["inhand", "doctor"]
