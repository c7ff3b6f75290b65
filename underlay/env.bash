# The environment of the ROS wheels: sourced by setup.bash and, as .venv/local_setup.bash, by colcon's own scripts.
_inhand_underlay="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
_inhand_venv="${INHAND_VENV:-$(dirname "$_inhand_underlay")/.venv}"

_inhand_first() {  # variable, folder: put the folder first in a colon-separated variable unless it is in it
  case ":${!1}:" in
    *":$2:"*) ;;
    *) export "$1=$2${!1:+:${!1}}" ;;
  esac
}

export VIRTUAL_ENV="$_inhand_venv"
export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1  # else a hook in the wheels executes every Python start twice
export INHAND_WHEELS_CMAKE="$_inhand_underlay/wheels.cmake"
ROS_DISTRO=kilted  # what an environment without a record holds
if [ -r "$_inhand_venv/.inhand/distribution" ]; then read -r ROS_DISTRO <"$_inhand_venv/.inhand/distribution"; fi
export ROS_VERSION=2 ROS_PYTHON_VERSION=3 ROS_DISTRO
_inhand_first PATH "$_inhand_venv/bin"
_inhand_first AMENT_PREFIX_PATH "$_inhand_venv"
_inhand_first CMAKE_PREFIX_PATH "$_inhand_venv"
for _inhand_folder in "$_inhand_venv"/lib/python3*/site-packages/ros_*.libs "$_inhand_venv/lib"; do
  _inhand_first LD_LIBRARY_PATH "$_inhand_folder"
done
unset -f _inhand_first
unset _inhand_underlay _inhand_venv _inhand_folder
