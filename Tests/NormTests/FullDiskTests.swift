#if os(Linux)
    import Foundation
    import NormalizationFiles
    import Testing

    /// `norm apply` on a real disk without room: a temporary file system of 128 KB, seen by nobody else.
    @Suite struct FullDiskTests {
        /// Runs a shell script in a name space of its own, in which `folder` is the small disk.
        private static func run(_ script: String, on folder: String) throws -> Outcome {
            try Command.run(
                [
                    "--user", "--map-root-user", "--mount", "sh", "-c",
                    "mount -t tmpfs -o size=128k none \"$0\" && cd \"$0\" && \(script)", folder,
                    Command.executable.path,
                ], executable: URL(filePath: "/usr/bin/unshare"))
        }

        /// Whether this system lets its users have name spaces; containers often do not.
        static let hasSmallDisks: Bool = {
            guard let folder = try? Folder() else { return false }
            return (try? run("true", on: folder.path))?.status == 0
        }()

        @Test(
            "what does not fit is refused, and the old file stays",
            .enabled(if: hasSmallDisks, "needs the right to mount in a user name space"))
        func fullDiskLeavesTheOldFile() throws {
            let disk = try Folder()
            let input = try Folder()
            // An output of 64 KB fits once, but the one to replace it does not fit beside it.
            let values = (0..<16_384).map { Double($0 % 100) }
            try input.write("x.npy", [64, 2, 128], values, isDouble: false)
            try input.write("other.npy", [64, 2, 128], values.reversed(), isDouble: false)
            let apply = "\"$1\" apply --mode training --output-directory out --input \(input.path)"
            let outcome = try Self.run(
                "\(apply)/x.npy && cp out/y.npy \(input.path)/first.npy; "
                    + "\(apply)/other.npy; status=$?; ls -A out; cmp out/y.npy \(input.path)/first.npy "
                    + "&& exit $status",
                on: disk.path)
            #expect(outcome.status == 65, outcome.account)
            #expect(outcome.error.contains("y.npy: cannot write"), outcome.account)
            #expect(outcome.error.contains("No space left on device"), outcome.account)
            #expect(!outcome.output.contains(".tmp"), outcome.account)
        }
    }
#endif
