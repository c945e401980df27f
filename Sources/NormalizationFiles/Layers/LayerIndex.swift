import Synchronization

/// A tensor by a name that it has in its file, or that an alias gives it.
package struct NamedTensor: Sendable {
    /// The name.
    package let name: String
    /// The name behind the layer's own.
    package let part: String
    /// The tensor in its file, where an alias may have another name.
    package let entry: SafetensorsEntry
    /// Which of several files it is in.
    package let file: Int
}

/// The tensors of some files by the layer that their names begin with.
///
/// Where two tensors of a model are one, `safetensors.torch.save_model` writes one of them, and
/// `{"the other's name": "its name"}` into the metadata: an alias.
package struct LayerIndex: Sendable {
    private let tensors: [ExactText: [NamedTensor]]

    init(_ files: [(entries: [SafetensorsEntry], metadata: [String: String])]) {
        var tensors: [ExactText: [NamedTensor]] = [:]
        func add(_ name: String, _ entry: SafetensorsEntry, _ file: Int) {
            let bytes = name.utf8
            let separator = bytes.lastIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
            let prefix = separator.map { String(name[..<$0]) } ?? ""
            let part = separator.map { String(name[bytes.index(after: $0)...]) } ?? name
            tensors[ExactText(prefix), default: []].append(
                NamedTensor(name: name, part: part, entry: entry, file: file))
        }
        for (index, file) in files.enumerated() {
            for entry in file.entries { add(entry.name, entry, index) }
            if file.metadata.isEmpty { continue }
            let entries = Dictionary(
                file.entries.map { (ExactText($0.name), $0) },
                uniquingKeysWith: { first, _ in first })
            for (alias, name) in file.metadata where entries[ExactText(alias)] == nil {
                if let entry = entries[ExactText(name)] { add(alias, entry, index) }
            }
        }
        self.tensors = tensors
    }

    /// The names of layers, or of whatever else has tensors.
    package var prefixes: [String] { tensors.keys.map(\.text) }

    /// The tensors of a layer, in the order of the files.
    package func tensors(of prefix: String) -> [NamedTensor] { tensors[ExactText(prefix)] ?? [] }
}

/// An index that is made when it is first asked for, and kept.
final class LazyLayerIndex: Sendable {
    private let index = Mutex<LayerIndex?>(nil)

    func value(_ make: () -> LayerIndex) -> LayerIndex {
        index.withLock { index in
            if let index { return index }
            let made = make()
            index = made
            return made
        }
    }
}
