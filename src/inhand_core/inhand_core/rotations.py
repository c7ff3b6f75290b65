"""Batched unit quaternions (x, y, z, w) and rotation vectors, for any array-API array (NumPy, torch).

Quaternions are Hamilton, right-handed; `rotate(q, v)` maps a vector from the rotated frame into the parent's.
Only MuJoCo stores w first: `wxyz_to_xyzw` and `xyzw_to_wxyz` are the one place where that is converted.
Every reduction runs over a trailing axis of fixed length, written out, so that a row of a batch equals the row alone.
"""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

Array = Any


def identity(like: Array) -> Array:
    """Identity quaternions (…, 4) for an array of quaternions or vectors `like` (…, n)."""
    xp = array_namespace(like)
    zero = xp.zeros_like(like[..., 0])
    return xp.stack([zero, zero, zero, zero + 1.0], axis=-1)


def wxyz_to_xyzw(q: Array) -> Array:
    """(…, 4) quaternion with w first, as MuJoCo has it, to (x, y, z, w)."""
    return array_namespace(q).stack([q[..., 1], q[..., 2], q[..., 3], q[..., 0]], axis=-1)


def xyzw_to_wxyz(q: Array) -> Array:
    """(…, 4) quaternion (x, y, z, w) to w first, as MuJoCo has it."""
    return array_namespace(q).stack([q[..., 3], q[..., 0], q[..., 1], q[..., 2]], axis=-1)


def norm(v: Array) -> Array:
    """Euclidean length (…,) of vectors (…, n), summed in index order."""
    xp = array_namespace(v)
    total = v[..., 0] * v[..., 0]
    for i in range(1, v.shape[-1]):
        total = total + v[..., i] * v[..., i]
    return xp.sqrt(total)


def normalize(q: Array) -> Array:
    """Quaternions (…, 4) scaled to unit length; a zero quaternion becomes the identity."""
    xp = array_namespace(q)
    length = norm(q)[..., None]
    tiny = length < 1e-12
    return xp.where(tiny, identity(q), q / xp.where(tiny, xp.ones_like(length), length))


def conjugate(q: Array) -> Array:
    """Inverse of unit quaternions (…, 4)."""
    return array_namespace(q).stack([-q[..., 0], -q[..., 1], -q[..., 2], q[..., 3]], axis=-1)


def multiply(a: Array, b: Array) -> Array:
    """Hamilton product (…, 4): first the rotation b, then a."""
    ax, ay, az, aw = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bx, by, bz, bw = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    return array_namespace(a, b).stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )


def cross(a: Array, b: Array) -> Array:
    """Cross product of vectors (…, 3)."""
    return array_namespace(a, b).stack(
        [
            a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1],
            a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
            a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0],
        ],
        axis=-1,
    )


def rotate(q: Array, v: Array) -> Array:
    """Vectors (…, 3) rotated by unit quaternions (…, 4)."""
    t = 2.0 * cross(q[..., :3], v)
    return v + q[..., 3:4] * t + cross(q[..., :3], t)


def canonical(q: Array) -> Array:
    """The same rotation with w >= 0; (…, 4)."""
    xp = array_namespace(q)
    return xp.where(q[..., 3:4] < 0.0, -q, q)


def angle(q: Array) -> Array:
    """Angle of rotation (…,) in [0, pi] rad of unit quaternions (…, 4)."""
    xp = array_namespace(q)
    return 2.0 * xp.atan2(norm(q[..., :3]), xp.abs(q[..., 3]))


def relative(goal: Array, current: Array) -> Array:
    """The rotation that takes `current` to `goal`, in the parent frame: goal · current⁻¹, w >= 0; (…, 4)."""
    return canonical(multiply(goal, conjugate(current)))


def distance(a: Array, b: Array) -> Array:
    """Angle (…,) in rad of the single rotation that takes one orientation to the other."""
    return angle(multiply(a, conjugate(b)))


def from_rotation_vector(v: Array) -> Array:
    """Quaternions (…, 4) from rotation vectors (…, 3) [rad]."""
    xp = array_namespace(v)
    theta = norm(v)
    small = theta < 1e-8
    safe = xp.where(small, xp.ones_like(theta), theta)
    scale = xp.where(small, 0.5 - theta * theta / 48.0, xp.sin(0.5 * safe) / safe)
    return xp.concat([v * scale[..., None], xp.cos(0.5 * theta)[..., None]], axis=-1)


def to_rotation_vector(q: Array) -> Array:
    """Rotation vectors (…, 3) [rad], of length <= pi, of unit quaternions (…, 4)."""
    xp = array_namespace(q)
    q = canonical(q)
    s = norm(q[..., :3])
    small = s < 1e-8
    safe = xp.where(small, xp.ones_like(s), s)
    scale = xp.where(small, 2.0 * xp.ones_like(s), 2.0 * xp.atan2(safe, q[..., 3]) / safe)
    return q[..., :3] * scale[..., None]


def from_axis_angle(axis: Array, theta: Array) -> Array:
    """Quaternions (…, 4) that turn by `theta` (…,) rad about unit vectors `axis` (…, 3)."""
    xp = array_namespace(axis)
    return xp.concat([axis * xp.sin(0.5 * theta)[..., None], xp.cos(0.5 * theta)[..., None]], axis=-1)


def to_matrix(q: Array) -> Array:
    """Rotation matrices (…, 3, 3) of unit quaternions (…, 4)."""
    xp = array_namespace(q)
    x, y, z, w = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    rows = [
        xp.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], axis=-1),
        xp.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], axis=-1),
        xp.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=-1),
    ]
    return xp.stack(rows, axis=-2)


def from_matrix(m: Array) -> Array:
    """Unit quaternions (…, 4), w >= 0, of rotation matrices (…, 3, 3); the best conditioned of the four formulas."""
    xp = array_namespace(m)
    m00, m11, m22 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    trace = m00 + m11 + m22
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    candidates = [
        xp.stack([1 + 2 * m00 - trace, d, e, a], axis=-1),
        xp.stack([d, 1 + 2 * m11 - trace, f, b], axis=-1),
        xp.stack([e, f, 1 + 2 * m22 - trace, c], axis=-1),
        xp.stack([a, b, c, 1 + trace], axis=-1),
    ]
    best, size = candidates[0], 1 + 2 * m00 - trace
    for candidate, measure in zip(candidates[1:], (1 + 2 * m11 - trace, 1 + 2 * m22 - trace, 1 + trace), strict=True):
        take = measure > size
        best = xp.where(take[..., None], candidate, best)
        size = xp.where(take, measure, size)
    return canonical(normalize(best))
