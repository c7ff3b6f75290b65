# The robot: ROS and the whole workspace. Built from the repository's root; ROS from apt, or from pip on Debian 12:
#   docker build -f docker/robot.Dockerfile -t inhand-robot .
#   docker build -f docker/robot.Dockerfile -t inhand-robot \
#     --build-arg BASE=debian:12 --build-arg ROS_PACKAGES=libpython3.11 .
# The host of the hand runs no network and needs no torch; robot.compose.yaml builds its image (inhand-hand) with
#   --build-arg WITHOUT="torch safetensors onnx onnxruntime onnxscript pyarrow ray tensorboard"
# On amd64 PyPI's torch brings several GB of CUDA. For that of the CPU name the index that PyTorch's own page names:
#   --build-arg PIP_EXTRA_INDEX_URL=…
ARG ROS_DISTRO=jazzy
ARG BASE=ros:${ROS_DISTRO}-ros-base

# hadolint ignore=DL3006
FROM ${BASE} AS base
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# ROS from pip needs the shared library of Python, which Debian splits off. The Python libraries are those that have to
# fit the NumPy which ROS was built with.
ARG ROS_DISTRO
ARG ROS_PACKAGES="ros-${ROS_DISTRO}-cv-bridge ros-${ROS_DISTRO}-tf-transformations python3-matplotlib python3-opencv python3-scipy"
# Versions are the distribution's. What runs needs rendering without a screen; what builds has to see the same packages,
# for pip brings only what apt did not.
# hadolint ignore=DL3008,SC2086
RUN apt-get update && apt-get install -y --no-install-recommends \
      libegl-mesa0 libegl1 libgl1 libgl1-mesa-dri libgles2 libvulkan1 mesa-vulkan-drivers \
      python3-venv ${ROS_PACKAGES} \
    && rm -rf /var/lib/apt/lists/*

FROM base AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      cmake g++ git libeigen3-dev libgmock-dev libgtest-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /inhand
ARG WITHOUT="ray tensorboard"
ARG PIP_EXTRA_INDEX_URL=""
ENV INHAND_WITHOUT=${WITHOUT}
COPY requirements.txt ./
COPY underlay underlay
RUN underlay/setup
COPY . .
# What builds and tests the workspace stays behind: sources, tests, colcon, clang-format and their like.
RUN make build && rm -rf build log src tests docs examples training_state requirements-dev.txt .ci .github

FROM base
ARG WITHOUT="ray tensorboard"
ENV INHAND_WITHOUT=${WITHOUT}
ARG UID=1001
RUN useradd --create-home --uid "${UID}" inhand && install -d -o "${UID}" /inhand/bags /inhand/runs /inhand/state
COPY --from=build /inhand /inhand
COPY --chmod=755 docker/robot-entrypoint docker/robot-health /usr/local/bin/
# Real-time rights come from the run, not from the image: ulimits rtprio and memlock, see robot.compose.yaml.
USER ${UID}
WORKDIR /inhand
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["robot-health"]
ENTRYPOINT ["robot-entrypoint"]
CMD ["inhand", "doctor", "--folder", "bags"]
