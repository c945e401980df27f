public import Normalization

/// What went wrong with a file, with the file's name and the numbers that explain it.
///
/// `file` is the path the caller gave, or the name the caller gave to bytes in memory.
/// Names and bytes that come out of a file are escaped in `description`, never printed raw.
public enum FileError: Error, Equatable, Sendable {
    /// The operating system refused `operation` with the error number `code` (an `errno`).
    case system(file: String, operation: FileOperation, code: Int32)

    /// `file` is there but is no regular file: `kind` says what it is.
    case notRegularFile(file: String, kind: String)

    /// Holding `bytes` of `file` needs more memory than this machine can give.
    case outOfMemory(file: String, bytes: Int)

    /// The first bytes are not those of the format.
    case badMagic(file: String, expected: [UInt8], found: [UInt8])

    /// The file is a zip archive, as an `.npz` of several arrays is, where one array is expected.
    case archive(file: String)

    /// The first bytes are those of another format: `found` says which.
    case otherFormat(file: String, expected: String, found: String)

    /// The version of the format is none of those that can be read.
    case unsupportedVersion(file: String, major: UInt8, minor: UInt8)

    /// The header says that it is longer than any sensible one.
    case headerTooLarge(file: String, limit: Int, found: UInt64)

    /// The file ends before `part` does: `expected` bytes in all, `found` bytes there.
    case truncated(file: String, part: FilePart, expected: Int, found: Int)

    /// The file goes on after its data: `expected` bytes in all, `found` bytes there.
    case trailingBytes(file: String, expected: Int, found: Int)

    /// The text of the header breaks its grammar, or the format's rules, at byte `offset` of the
    /// file.
    case malformedHeader(file: String, offset: Int, expected: String, found: String)

    /// The elements are of a type other than the `expected` ones. `tensor` names the tensor in a
    /// file of many.
    case elementType(file: String, tensor: String?, expected: [String], found: String)

    /// The number of elements or bytes of `shape` does not fit in an `Int`.
    case shapeOverflow(file: String, tensor: String?, shape: [Int])

    /// `shape` does not describe an array of `count` elements, or has a negative dimension, or
    /// more than ``NpyHeader/maximumRank`` of them.
    case invalidShape(shape: [Int], count: Int)

    /// The header gives the tensor `found` bytes, where its type and `shape` need `expected`.
    case tensorSize(file: String, tensor: String, shape: [Int], expected: Int, found: Int)

    /// The tensor's data begins at byte `found` of the data, leaving a gap or overlapping
    /// another's, which ends at `expected`.
    case tensorOffset(file: String, tensor: String, expected: Int, found: Int)

    /// The file has no tensor of this name.
    case missingTensor(file: String, tensor: String)

    /// The name is taken by another tensor of the file, or reserved by the format.
    case invalidTensorName(file: String, tensor: String)

    /// Another file of the model has a tensor of this name, too.
    case repeatedTensor(file: String, tensor: String, other: String)

    /// Element `index` of the tensor is finite, but infinite in the type asked for.
    case overflow(file: String, tensor: String, index: Int, value: Double)

    /// Element `index` is `value`, which the element type asked for does not hold.
    case inexactElement(index: Int, value: String, type: String)

    /// There is no layer `prefix`; the names in `similar` are near to it, or look like a layer's.
    case missingLayer(file: String, prefix: String, similar: [String])

    /// The metadata of the layer `prefix` are not understood.
    case layerSettings(file: String, prefix: String, found: String)

    /// The tensor is to hold a whole number, and holds `value`.
    case notWhole(file: String, tensor: String, value: Double)

    /// The metadata of the layer `prefix` say that it is another kind of layer.
    case layerKind(file: String, prefix: String, expected: LayerKind, found: LayerKind)

    /// Neither the file nor the caller says `setting` of the layer `prefix`, which has no default.
    case missingSetting(file: String, prefix: String, setting: String)

    /// The layer `prefix` has a tensor that it cannot take: `expected` are those it can.
    case unexpectedTensor(file: String, tensor: String, expected: [String])

    /// The tensor has a shape other than those `expected`.
    case tensorShape(file: String, tensor: String, expected: [[Int]], found: [Int])

    /// The tensors of the layer `prefix` have the names of two frameworks.
    case ambiguousNames(file: String, prefix: String)

    /// The numbers of the layer `prefix` do not make a layer, for `reason`.
    case invalidLayer(file: String, prefix: String, reason: NormalizationError)
}

/// The operation that the system refused.
public enum FileOperation: String, Sendable {
    /// Opening a file to read it.
    case open
    /// Asking for its kind and size.
    case inspect
    /// Reading its bytes.
    case read
    /// Creating the temporary file a new one is written to.
    case create
    /// Writing bytes to that.
    case write
    /// Bringing those bytes to the disk.
    case synchronize
    /// Closing it.
    case close
    /// Putting it in the place of the target.
    case replace
    /// Bringing that rename to the disk.
    case synchronizeFolder = "synchronize the folder of"
}

/// A part of a file that can be cut short.
public enum FilePart: String, Sendable {
    /// The bytes before the header, with its length.
    case preamble
    /// The text that describes the data.
    case header
    /// The elements.
    case data
}
