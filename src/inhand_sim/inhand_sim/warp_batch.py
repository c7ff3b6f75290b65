"""Physics on a GPU: the interface of `mujoco.batch`, with steps made by mujoco_warp in single precision."""

from __future__ import annotations

import copy
import dataclasses
import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import mujoco
import numpy as np
from mujoco.batch import MODEL_FIELDS, Batch

from inhand_core.config import ConfigError

_STATE_IN = ("time", "qpos", "qvel", "qacc_warmstart", "ctrl", "qfrc_applied", "xfrc_applied")
_STATE_OUT = ("time", "qpos", "qvel", "qacc_warmstart")
_HOST_ONLY = frozenset({"bvh_aabb", "dof_M0", "dof_length"})
"""Model fields that mujoco_warp does not read; the last it does where bodies sleep, which ours never do."""
_NOTHING = mujoco.mjtStage.mjSTAGE_NONE.value


@dataclass(frozen=True, kw_only=True)
class WarpConfig:
    """What mujoco_warp, whose memory is laid out beforehand, has to know.

    Attributes:
        device: Warp's name of it, such as "cuda", "cuda:1" or "cpu" (slow: for tests).
        contacts: room for contacts, and for pairs of geoms that may touch, a world on average.
        constraints: room for rows of constraints in each world.
        deterministic: sums are made in a fixed order, so that a run repeats bit for bit.
    """

    device: str
    contacts: int
    constraints: int
    deterministic: bool

    def __post_init__(self) -> None:
        if self.contacts < 1 or self.constraints < 1:
            raise ConfigError(f"contacts and constraints must be >= 1, are {self.contacts} and {self.constraints}")


class WarpBatch(Batch):
    """A `mujoco.batch.Batch` whose `step` runs on Warp's device; everything else stays on the host.

    The host holds the worlds' states: a step sends all of them, and takes back those of its `ids`, rounded to single
    precision. So reset, save and restore of rows are what they are on the CPU. Per-world model fields reach the device
    when `set_const` is called for their rows; the timestep goes there with every step. Derived fields are copied after
    each step, and after `forward`, which the host computes.

    A world whose state turned non-finite, or needed more rows of constraints than there is room for, has a warning
    raised in its row, as on the CPU; unlike there its state is left as it is.

    Args:
        model: the model of all worlds.
        nsim: number of worlds.
        nthread: host threads of `forward` and `set_const`; 0 for one a core.
        config: device and memory.

    Raises:
        ConfigError: packages are missing, there is no such device, or the model has states that are not carried.
    """

    def __init__(self, model: mujoco.MjModel, nsim: int, nthread: int, config: WarpConfig) -> None:
        super().__init__(model, nsim, nthread)
        self._warp, self._mjw = load_packages()
        self.config, self._device = config, _find_device(self._warp, config.device)
        if (carried := sum(self.bind(name)[0].size for name in _STATE_IN)) != self.nstate:
            raise ConfigError(f"physics: warp carries {carried} of this model's {self.nstate} state variables")
        self._derived: dict[str, np.ndarray] = {}
        self._stale = np.zeros(nsim, bool)
        self._graphs: dict[int, object] = {}
        with self._warp.ScopedDevice(self._device):
            self._device_model = self._mjw.put_model(_with_primitive_boxes(model))
            self._device_model.opt.deterministic = config.deterministic
            self._device_model.opt.warn_overflow = False
            self._device_data = self._mjw.make_data(
                model, nworld=nsim, nconmax=config.contacts, njmax=config.constraints
            )
        self._fields = _batched_fields(self._device_model)

    def bind(self, name: str) -> np.ndarray:
        """As `Batch.bind`; derived fields (nsim, …) are float64 copies of the device's after a step."""
        array = super().bind(name)
        if np.may_share_memory(array, self.state):
            return array
        if name not in self._derived:
            if not hasattr(self._device_data, name):
                raise ConfigError(f"physics: warp has no field {name!r}")
            self._derived[name] = array.copy()
        return self._derived[name]

    def expand(self, name: str) -> np.ndarray:
        """As `Batch.expand`.

        Raises:
            ConfigError: the device's model cannot have the field per world.
        """
        if name not in self._fields and name not in _HOST_ONLY:
            raise ConfigError(f"physics: warp has no model field {name!r} per world")
        return super().expand(name)

    def set_const(self, ids: np.ndarray | None = None) -> None:
        """As `Batch.set_const`; the next step uses these worlds' model fields as they are by then."""
        super().set_const(ids)
        self._stale[slice(None) if ids is None else ids] = True

    def forward(self, ids: np.ndarray | None = None, stage: int = mujoco.mjtStage.mjSTAGE_ACC.value) -> None:
        """As `Batch.forward`, on the host."""
        super().forward(ids, stage)
        rows = slice(None) if ids is None else ids
        for name, array in self._derived.items():
            array[rows] = super().bind(name)[rows]

    def step(self, ids: np.ndarray | None = None, nstep: int = 1, stage: int = _NOTHING) -> None:
        """As `Batch.step`: advances the worlds `ids` by `nstep` physics steps.

        Raises:
            RuntimeError: there was no room for the contacts of all worlds.
        """
        rows = slice(None) if ids is None else np.asarray(ids)
        with self._warp.ScopedDevice(self._device):
            self._send_model()
            data = self._device_data
            for name in _STATE_IN:
                self._assign(getattr(data, name), self.bind(name))
            data.overflow.zero_()
            self._advance(nstep)
            for name in _STATE_OUT:
                self.bind(name)[rows] = getattr(data, name).numpy()[rows]
            for name, array in self._derived.items():
                array[rows] = getattr(data, name).numpy().reshape(array.shape)[rows]
            overflow = data.overflow.numpy()
        self._warn(overflow, rows)
        if stage != _NOTHING:
            self.forward(ids, stage)

    def _advance(self, nstep: int) -> None:
        """The steps on the device; on a GPU they are recorded at first and replayed from then on."""
        graph = self._graphs.get(nstep)
        if graph is not None:
            self._warp.capture_launch(graph)
            return
        self._steps(nstep)
        if self._device.is_cuda:
            with self._warp.ScopedCapture(self._device) as capture:
                self._steps(nstep)
            self._graphs[nstep] = capture.graph

    def _steps(self, nstep: int) -> None:
        for _ in range(nstep):
            self._mjw.step(self._device_model, self._device_data)

    def _send_model(self) -> None:
        """Sends the per-world fields of stale rows, and all timesteps."""
        if (timestep := self.expanded("opt.timestep")) is not None:
            self._send_field("opt.timestep", timestep, np.arange(self.nsim))
        rows = np.flatnonzero(self._stale)
        if rows.size == 0:
            return
        for name in MODEL_FIELDS:
            values = self.expanded(name)
            if values is None or name in _HOST_ONLY or name == "opt.timestep":
                continue
            if name not in self._fields:
                raise ConfigError(f"physics: warp has no model field {name!r} per world, and MuJoCo derives it")
            self._send_field(name, values, rows)
        self._stale[:] = False

    def _send_field(self, name: str, values: np.ndarray, rows: np.ndarray) -> None:
        owner, key = self._fields[name]
        array = getattr(owner, key)
        if array.shape[0] != self.nsim:  # the nominal values, shared so far
            array = self._warp.empty((self.nsim, *array.shape[1:]), dtype=array.dtype)
            self._assign(array, values)
            setattr(owner, key, array)
            self._graphs.clear()  # they hold the address of what was shared
        elif rows.size == self.nsim:
            self._assign(array, values)
        else:
            part = self._warp.empty((rows.size, *array.shape[1:]), dtype=array.dtype)
            self._assign(part, values[rows])
            index = self._warp.array(rows, dtype=self._warp.int32)
            self._warp.copy(self._warp.indexedarray(array, [index]), part)

    def _assign(self, array: Any, values: np.ndarray) -> None:
        element = getattr(array.dtype, "_shape_", ())
        array.assign(np.ascontiguousarray(values, np.float32).reshape(*array.shape, *element))

    def _warn(self, overflow: np.ndarray, rows: np.ndarray | slice) -> None:
        kinds = self._mjw.OverflowType
        if (overflow & (kinds.BROADPHASE | kinds.NARROWPHASE)).any():
            raise RuntimeError(f"physics: warp has no room for the contacts; raise contacts: {self.config.contacts}")
        full = np.zeros(self.nsim, bool)
        full[rows] = (overflow[rows] & kinds.NEFC) != 0
        self.warning[full, mujoco.mjtWarning.mjWARN_CNSTRFULL, 1] += 1
        bad = np.zeros(self.nsim, bool)
        bad[rows] = ~(np.abs(self.state[rows]) < mujoco.mjMAXVAL).all(axis=1)
        self.warning[bad, mujoco.mjtWarning.mjWARN_BADQPOS, 1] += 1


def load_packages() -> tuple[ModuleType, ModuleType]:
    """The modules warp and mujoco_warp.

    Raises:
        ConfigError: one is not installed; the message says how to install both.
    """
    try:
        warp = importlib.import_module("warp")
        warp.config.log_level = warp.LOG_ERROR  # or it lists every kernel that it loads
        return warp, importlib.import_module("mujoco_warp")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"physics: warp needs the Python package {error.name!r}, which is not installed: "
            "pip install mujoco-warp -c underlay/constraints.txt, or set physics: cpu"
        ) from error


def _find_device(warp: ModuleType, name: str) -> Any:
    try:
        return warp.get_device(name)
    except (RuntimeError, ValueError) as error:
        known = [device.alias for device in warp.get_devices()]
        raise ConfigError(f"warp.device: there is no {name!r} here; there are {known}: {error}") from error


def _with_primitive_boxes(model: mujoco.MjModel) -> mujoco.MjModel:
    """A copy in which two boxes collide as on the CPU, by up to eight points and not by the convex search's four."""
    changed = copy.copy(model)
    changed.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_NATIVECCD
    return changed


def _batched_fields(model: Any) -> dict[str, tuple[Any, str]]:
    """Where in mujoco_warp's model each of MuJoCo's fields is that can differ per world."""
    found = {}
    for prefix, owner in (("", model), ("opt.", model.opt)):
        for field in dataclasses.fields(owner):
            shape = getattr(field.type, "shape", None)
            if shape and shape[0] == "*" and prefix + field.name in MODEL_FIELDS:
                found[prefix + field.name] = (owner, field.name)
    return found
