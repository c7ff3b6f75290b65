# A shell with everything of this workspace on its paths:   source setup.bash
# ROS comes from apt where /opt/ros has Jazzy or Lyrical (INHAND_UNDERLAY=wheels: not even then), else from .venv.

_inhand_root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

_inhand_prepend() {  # variable, folder
  case ":${!1}:" in
    *":$2:"*) ;;
    *) export "$1=$2${!1:+:${!1}}" ;;
  esac
}

_inhand_apt=""
if [ "${INHAND_UNDERLAY:-}" != wheels ]; then
  for _inhand_distribution in ${ROS_DISTRO:-} lyrical jazzy; do
    if [ -z "$_inhand_apt" ] && [ -f "/opt/ros/$_inhand_distribution/setup.bash" ]; then
      _inhand_apt="/opt/ros/$_inhand_distribution/setup.bash"
    fi
  done
fi

if [ -n "$_inhand_apt" ]; then
  . "$_inhand_apt"
  if [ -d "${INHAND_VENV:-$_inhand_root/.venv}" ]; then
    # The libraries beside ROS; python3 stays the system's, which rclpy and the nodes' first lines name.
    for _inhand_folder in "${INHAND_VENV:-$_inhand_root/.venv}"/lib/python3*/site-packages; do
      _inhand_prepend PYTHONPATH "$_inhand_folder"
    done
    case ":$PATH:" in *":${INHAND_VENV:-$_inhand_root/.venv}/bin:"*) ;;
      *) PATH="$PATH:${INHAND_VENV:-$_inhand_root/.venv}/bin" ;;
    esac
  fi
  if [ -f "$_inhand_root/install/local_setup.bash" ]; then . "$_inhand_root/install/local_setup.bash"; fi
else
  . "$_inhand_root/underlay/env.bash"
  # What install/local_setup.bash does, without its second of start-up.
  for _inhand_folder in "$_inhand_root"/install/*/; do
    _inhand_folder="${_inhand_folder%/}"
    if [ ! -d "$_inhand_folder/share" ]; then continue; fi
    _inhand_prepend AMENT_PREFIX_PATH "$_inhand_folder"
    _inhand_prepend CMAKE_PREFIX_PATH "$_inhand_folder"
    if [ -d "$_inhand_folder/bin" ]; then _inhand_prepend PATH "$_inhand_folder/bin"; fi
    if [ -d "$_inhand_folder/lib" ]; then _inhand_prepend LD_LIBRARY_PATH "$_inhand_folder/lib"; fi
    for _inhand_site in "$_inhand_folder"/lib/python3*/site-packages; do
      if [ -d "$_inhand_site" ]; then _inhand_prepend PYTHONPATH "$_inhand_site"; fi
    done
  done
fi

# Nothing enters or leaves this machine unless the user says so: a hand obeys whoever publishes on its topics. Discovery on
# LOCALHOST lets in whoever knows the address, so DDS's ports are bound to the loopback interface as well.
export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"
case "${ROS_DISTRO:-}" in
  jazzy) _inhand_profiles=FASTRTPS_DEFAULT_PROFILES_FILE ;;  # the name that its Fast DDS knows
  *) _inhand_profiles=FASTDDS_DEFAULT_PROFILES_FILE ;;
esac
if [ "$ROS_AUTOMATIC_DISCOVERY_RANGE" = LOCALHOST ] && [ -z "${ROS_STATIC_PEERS:-}" ]; then
  if [ -z "${!_inhand_profiles:-}" ]; then export "$_inhand_profiles=$_inhand_root/config/dds/loopback.xml"; fi
elif [ "${!_inhand_profiles:-}" = "$_inhand_root/config/dds/loopback.xml" ]; then
  unset "$_inhand_profiles"  # opened since this file was last sourced
fi
if [ -z "${HOME:-}" ]; then HOME="$(getent passwd "$(id -u)" | cut -d: -f6)"; export HOME="${HOME:-/tmp}"; fi  # ROS's logs
export MUJOCO_GL="${MUJOCO_GL:-egl}"
unset -f _inhand_prepend
unset _inhand_root _inhand_apt _inhand_profiles _inhand_distribution _inhand_folder _inhand_site
