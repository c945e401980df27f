import Dispatch
import SeededRandom
import Synchronization
import Testing

@testable import Normalization

@Suite("Scratch memory")
struct ScratchMemoryTests {
    @Test("memory begins with a cache line and is as large as asked")
    func memoryIsAligned() {
        for bytes in [0, 1, 63, 4096, 100_001, 3 << 20] {
            let memory = ScratchMemory.borrow(bytes: bytes)
            defer { ScratchMemory.giveBack(memory) }
            #expect(memory.count >= bytes)
            #expect(UInt(bitPattern: memory.baseAddress) % 64 == 0)
        }
    }

    /// Each borrower fills what it got with its own number and finds only that.
    @Test("no two threads ever have the same memory")
    func memoryIsNobodyElses() {
        let disturbed = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            var generator = SplitMix64(seed: UInt64(thread))
            for turn in 0..<500 {
                let held = (0..<2).map { _ in
                    ScratchMemory.borrow(bytes: Int(generator.next() % 50_000))
                }
                for (index, memory) in held.enumerated() {
                    memory.initializeMemory(
                        as: UInt8.self, repeating: UInt8(thread * 16 + turn % 8 * 2 + index))
                }
                for (index, memory) in held.enumerated() {
                    let own = UInt8(thread * 16 + turn % 8 * 2 + index)
                    if !memory.allSatisfy({ $0 == own }) {
                        disturbed.add(1, ordering: .relaxed)
                    }
                    ScratchMemory.giveBack(memory)
                }
            }
        }
        #expect(disturbed.load(ordering: .relaxed) == 0)
    }
}
