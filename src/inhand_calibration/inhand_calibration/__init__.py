"""Calibration of the hand: Hall tables, model parameters, cameras (paper, appendices B and C.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_calibration.cameras.config import CameraCalibrationConfig, load_camera_settings
    from inhand_calibration.exercise import Exercise, ExerciseConfig
    from inhand_calibration.joints.fit import JointFit, JointFitConfig, fit_joints
    from inhand_calibration.joints.tables import controller_text, factory_text, load_tables
    from inhand_calibration.model.run import ModelRun, run_model
    from inhand_calibration.recording import Recorder, Recording, read_bag
    from inhand_calibration.settings import CalibrationConfig, load_settings

__all__ = [
    "CalibrationConfig",
    "CameraCalibrationConfig",
    "Exercise",
    "ExerciseConfig",
    "JointFit",
    "JointFitConfig",
    "ModelRun",
    "Recorder",
    "Recording",
    "controller_text",
    "factory_text",
    "fit_joints",
    "load_camera_settings",
    "load_settings",
    "load_tables",
    "read_bag",
    "run_model",
]

__getattr__ = lazy_face(__name__)
