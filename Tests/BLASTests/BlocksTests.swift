import Testing

@testable import BLAS

@Suite struct BlocksTests {
    @Test(arguments: [0, 1, 2, 9, 10, 11, 97], [1, 2, 10, 1000])
    func blocksCoverTheVectorOnceInOrder(total: Int, longest: Int) {
        var next = 0
        for block in Blocks(of: total, atMost: longest, "sum") {
            #expect(block.start == next)
            #expect(block.count >= 1 && block.count <= longest)
            next += block.count
        }
        #expect(next == total)
    }

    @Test func blocksBeyond32BitsAreCutAndNotTruncated() {
        let most = Int(Int32.max)
        let blocks = Array(Blocks(of: 2 * most + 5, atMost: most, "sum"))
        #expect(blocks.map(\.count) == [most, most, 5])
        #expect(blocks.map { $0.offset(3) } == [0, 3 * most, 6 * most])
        // Backwards, the first block is the one farthest from the pointer.
        #expect(blocks.map { $0.offset(-3) } == [3 * (most + 5), 3 * 5, 0])
    }

    @Test func onlyCountsWithin32BitsGoInOneCall() {
        #expect(Arguments.fitsOneCall(0))
        #expect(Arguments.fitsOneCall(Int(Int32.max)))
        #expect(!Arguments.fitsOneCall(Int(Int32.max) + 1))
        #expect(!Arguments.fitsOneCall(-1))
        #expect(!Arguments.fitsOneCall(1 << 32))
        #expect(!Arguments.fitsOneCall(.max))
    }
}
