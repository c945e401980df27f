import Foundation
import NormalizationFiles
import SeededRandom
import Testing

/// `norm apply` that is interrupted, or not alone: a folder holds one result and nothing else.
@Suite struct InterruptionTests {
    /// A tensor of some megabytes, so that signals find the command at work.
    static func folder() throws -> Folder {
        let folder = try Folder()
        for (name, offset) in [("x", 0.0), ("other", 100.0)] {
            let values = (0..<600_000).map { Double($0 % 1013) + offset }
            try folder.write("\(name).npy", [200, 30, 100], values, isDouble: true)
        }
        return folder
    }

    /// Held while the signals of this process are others than they were.
    private static let turn = NSLock()

    /// Starts the command with the signals of a terminal. A child inherits which are ignored, as under `nohup`, and
    /// which are blocked, as on the threads that run tests: the first would reach no command, the second would keep
    /// them from OpenBLAS's threads.
    static func start(_ input: String, in folder: Folder) throws -> Process {
        let process = Process()
        process.executableURL = Command.executable
        process.arguments = [
            "apply", "--mode", "training", "--input", "\(input).npy", "--output-directory", "out",
        ]
        process.currentDirectoryURL = URL(filePath: folder.path)
        process.standardError = FileHandle.nullDevice
        try turn.withLock {
            let signals = [SIGINT, SIGTERM, SIGHUP]
            let handlers = signals.map { signal($0, SIG_DFL) }
            var none = sigset_t()
            var before = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, &before)
            defer {
                pthread_sigmask(SIG_SETMASK, &before, nil)
                for (number, handler) in zip(signals, handlers) { signal(number, handler) }
            }
            try process.run()
        }
        return process
    }

    /// The folder `out`, made and locked: a command that has written its temporaries waits there.
    static func lockedOutput(_ folder: Folder) throws -> Int32 {
        let path = "\(folder.path)/out"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(lock >= 0 && flock(lock, LOCK_EX) == 0)
        return lock
    }

    static func waitForThreeFiles(_ process: Process, _ folder: Folder) throws {
        while process.isRunning, try folder.contents("out").count < 3 { usleep(1000) }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func aSignalRemovesTheTemporaries(_ number: Int32) throws {
        let folder = try Self.folder()
        let lock = try Self.lockedOutput(folder)
        defer { close(lock) }
        let process = try Self.start("x", in: folder)
        try Self.waitForThreeFiles(process, folder)
        kill(process.processIdentifier, number)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        #expect(process.terminationStatus == number)
        #expect(try folder.contents("out") == [])
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func aSignalAtAnyMomentLeavesAWholeResultOrNone(_ number: Int32) throws {
        let folder = try Self.folder()
        let seed = UInt64(number)
        var random = SplitMix64(seed: seed)
        for round in 0..<20 {
            try? FileManager.default.removeItem(atPath: "\(folder.path)/out")
            let process = try Self.start("x", in: folder)
            usleep(UInt32(random.next() % 150_000))
            kill(process.processIdentifier, number)
            process.waitUntilExit()
            let contents = (try? folder.contents("out")) ?? []
            #expect(
                [[], ["batch_mean.npy", "batch_variance.npy", "y.npy"]].contains(contents),
                "seed \(seed), round \(round)")
        }
    }

    @Test func aSignalThatIsIgnoredStaysIgnored() throws {
        let folder = try Self.folder()
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c",
            "trap '' HUP; '\(Command.executable.path)' apply --mode training --input x.npy "
                + "--output-directory out & kill -HUP $!; sleep 0.05; kill -HUP $!; wait $!",
        ]
        process.currentDirectoryURL = URL(filePath: folder.path)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try folder.contents("out").count == 3)
    }

    /// The test holds the turn that a command has while it puts its files into the folder.
    @Test func aResultWaitsForTheOneBeforeIt() throws {
        let folder = try Self.folder()
        let lock = try Self.lockedOutput(folder)
        let process = try Self.start("x", in: folder)
        try Self.waitForThreeFiles(process, folder)
        usleep(50_000)
        #expect(try folder.contents("out").allSatisfy { $0.hasPrefix(".norm-") })
        close(lock)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try folder.contents("out") == ["batch_mean.npy", "batch_variance.npy", "y.npy"])
    }

    @Test func twoResultsAreNeverMixed() throws {
        let folder = try Self.folder()
        for round in 0..<6 {
            let processes = try ["x", "other"].map { try Self.start($0, in: folder) }
            for process in processes {
                process.waitUntilExit()
                #expect(process.terminationStatus == 0)
            }
            let isOfX = try folder.read("out/batch_mean.npy", isDouble: true).values[0] < 550
            let variance = try folder.read("out/batch_variance.npy", isDouble: true).values
            let y = try folder.read("out/y.npy", isDouble: true).values
            // The two differ in their mean alone, and y in its last digits.
            let single = try Self.start(isOfX ? "x" : "other", in: folder)
            single.waitUntilExit()
            #expect(try folder.read("out/y.npy", isDouble: true).values == y, "round \(round)")
            #expect(
                try folder.read("out/batch_variance.npy", isDouble: true).values == variance,
                "round \(round)")
        }
    }
}
