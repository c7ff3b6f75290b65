"""CvBridge: sensor_msgs Image and CompressedImage to NumPy arrays and back."""

import array
import sys

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from .encodings import Encoding, convert, encoding, generic_name


class CvBridgeError(TypeError):
    """A conversion that is not possible, or a message that contradicts itself."""


def _encoding(name: str) -> Encoding:
    try:
        return encoding(name)
    except ValueError as error:
        raise CvBridgeError(str(error)) from error


def _converted(image: np.ndarray, source: Encoding, target: str) -> np.ndarray:
    if target == "passthrough":
        return image
    try:
        return convert(image, source, _encoding(target))
    except ValueError as error:
        raise CvBridgeError(str(error)) from error


def _bytes(data: bytes) -> array.array:
    """Return an array.array('B'), which a message takes over without looking at every element."""
    elements = array.array("B")
    elements.frombytes(data)
    return elements


class CvBridge:
    """Converts between image messages and OpenCV arrays of shape (height, width) or (height, width, channels)."""

    def encoding_to_dtype_with_channels(self, name: str) -> tuple[str, int]:
        """Return the element type ("uint8") and number of channels of an encoding.

        Raises:
            CvBridgeError: unknown encoding.
        """
        found = _encoding(name)
        return found.dtype.name, found.channels

    def dtype_with_channels_to_cvtype2(self, dtype: np.dtype, n_channels: int) -> str:
        """Return the generic encoding ("8UC3") of an element type and number of channels."""
        return generic_name(np.dtype(dtype), n_channels)

    def imgmsg_to_cv2(self, img_msg: Image, desired_encoding: str = "passthrough") -> np.ndarray:
        """Convert an Image to an array, writable and of the machine's byte order.

        With "passthrough" the array has the message's own encoding. Images of one channel have shape (height, width).

        Raises:
            CvBridgeError: unknown encoding, impossible conversion, or sizes that do not fit each other.
        """
        source = _encoding(img_msg.encoding)
        row = img_msg.width * source.channels * source.dtype.itemsize
        if img_msg.step < row:
            raise CvBridgeError(f"Image is wrongly formed: step {img_msg.step} < {row} bytes of a row")
        if len(img_msg.data) != img_msg.height * img_msg.step:
            size = img_msg.height * img_msg.step
            raise CvBridgeError(f"Image is wrongly formed: height * step = {size} but data has {len(img_msg.data)}")
        rows = np.frombuffer(img_msg.data, dtype=np.uint8).reshape(img_msg.height, img_msg.step)[:, :row]
        stored = source.dtype.newbyteorder(">" if img_msg.is_bigendian else "<")
        shape = (img_msg.height, img_msg.width, source.channels)[: 2 if source.channels == 1 else 3]
        image = np.ascontiguousarray(rows).view(stored).reshape(shape).astype(source.dtype)
        return _converted(image, source, desired_encoding)

    def cv2_to_imgmsg(self, cvim: np.ndarray, encoding: str = "passthrough", header: Header | None = None) -> Image:
        """Convert an array to an Image; the encoding says what the array holds, nothing is converted.

        Raises:
            TypeError: `cvim` is not an array.
            CvBridgeError: the array's element type or channels do not fit the encoding.
        """
        if not isinstance(cvim, np.ndarray | np.generic):
            raise TypeError("Your input type is not a numpy array")
        channels = 1 if cvim.ndim < 3 else cvim.shape[2]
        try:
            generic = generic_name(cvim.dtype, channels)
        except ValueError as error:
            raise CvBridgeError(str(error)) from error
        if encoding != "passthrough":
            wanted = _encoding(encoding)
            if generic_name(wanted.dtype, wanted.channels) != generic:
                raise CvBridgeError(f"encoding specified as {encoding}, but image has incompatible type {generic}")
        message = Image()
        if header is not None:
            message.header = header
        message.height, message.width = cvim.shape[:2]
        message.encoding = generic if encoding == "passthrough" else encoding
        message.is_bigendian = cvim.dtype.byteorder == ">" or (cvim.dtype.byteorder == "=" and sys.byteorder == "big")
        message.step = message.width * channels * cvim.dtype.itemsize
        message.data = _bytes(cvim.tobytes())
        return message

    def compressed_imgmsg_to_cv2(
        self, cmprs_img_msg: CompressedImage, desired_encoding: str = "passthrough"
    ) -> np.ndarray:
        """Decode a CompressedImage (JPEG, PNG …) to an array; colours come as BGR unless another encoding is asked for.

        Raises:
            CvBridgeError: the data is no image, or the conversion is impossible.
        """
        data = np.frombuffer(cmprs_img_msg.data, dtype=np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
        if image is None:
            raise CvBridgeError(f"{data.size} bytes of format '{cmprs_img_msg.format}' do not decode to an image")
        if desired_encoding == "passthrough":
            return image
        family = {2: "mono", 3: "bgr", 4: "bgra"}[image.ndim if image.ndim == 2 else image.shape[2]]
        return _converted(image, _encoding(f"{family}{8 * image.dtype.itemsize}"), desired_encoding)

    def cv2_to_compressed_imgmsg(self, cvim: np.ndarray, dst_format: str = "jpg") -> CompressedImage:
        """Encode an array (mono, BGR or BGRA) as a CompressedImage; `dst_format` is a file extension such as "png".

        Raises:
            TypeError: `cvim` is not an array.
            CvBridgeError: OpenCV cannot write this array in this format.
        """
        if not isinstance(cvim, np.ndarray | np.generic):
            raise TypeError("Your input type is not a numpy array")
        try:
            written, data = cv2.imencode(f".{dst_format}", cvim)
        except cv2.error as error:
            raise CvBridgeError(f"cannot encode {cvim.dtype} {cvim.shape} as '{dst_format}': {error}") from error
        if not written:
            raise CvBridgeError(f"cannot encode {cvim.dtype} {cvim.shape} as '{dst_format}'")
        message = CompressedImage()
        message.format = dst_format
        message.data = _bytes(data.tobytes())
        return message
