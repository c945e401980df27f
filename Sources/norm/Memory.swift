import Foundation

/// The memory of the machine.
enum Memory {
    /// What to say where `tensors` tensors of `count` elements are more than the machine holds, since
    /// asking for them would end the process; nil where they are not.
    static func shortage<Element>(
        tensors: Int, count: Int, of type: Element.Type
    ) -> String? {
        let needed = Double(count) * Double(tensors * MemoryLayout<Element>.stride)
        let present = Double(ProcessInfo.processInfo.physicalMemory)
        guard needed > present else { return nil }
        return "expected \(tensors) tensors that fit in \(Int(present / 1e9)) GB of memory, "
            + "got \(count) elements each"
    }
}
