import Foundation
import Normalization
import SeededRandom
import Testing

@testable import TrainingStudy

/// Trainings that are kept, and the count of what is done.
@Suite struct JournalTests {
    private static func plan(
        seeds: Int = 2, kinds: [NormalizationKind] = [.none, .standard],
        networks: [String]? = nil
    ) throws -> Plan {
        var random = SplitMix64(mixing: 60)
        func data(_ count: Int) -> Dataset {
            let labels = (0..<count).map { $0 % 2 }
            return Dataset(
                values: labels.flatMap { label in
                    (0..<16).map { _ in random.normal() + Double(label) }
                }, sampleShape: [1, 4, 4], labels: labels, classes: 2)
        }
        let task = LearningTask.images("test", train: data(40), test: data(12))
        return try Plan(
            Plan.Options(
                isQuick: true, epochs: 2, seeds: seeds, learningRates: [0.05], kinds: kinds,
                parts: [.networks], networks: networks), on: .images(task))
    }

    @Test func aRecordGivesBackEveryBit() throws {
        let plan = try Self.plan(networks: ["cnn"])
        var random = SplitMix64(mixing: 61)
        func number() -> Double {
            // Any finite number, subnormal ones too.
            while true {
                let number = Double(bitPattern: random.next())
                if number.isFinite { return number }
            }
        }
        let odd = [
            0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1, .infinity, -.infinity,
        ]
        for entry in plan.entries {
            var result = ExperimentResult(
                experiment: entry.experiment,
                epochs: odd.map {
                    EpochResult(
                        trainLoss: $0, testLoss: number(), testAccuracy: number(),
                        seconds: number())
                },
                parameterCount: 17, firstGradientNorms: (0..<200).map { _ in number() },
                lastGradientNorms: odd, normalizationShare: number(), secondsPerStep: number(),
                finalTrainLoss: number())
            result.drawing = Drawing(
                images: [odd, [number()]], classes: 3, variety: number(), lesson: number())
            let line = try TrainingRecord(result).line()
            #expect(!line.contains(UInt8(ascii: "\n")))
            let kept = try plan.results(from: [TrainingRecord(line: line)])
            let back = try #require(kept.compactMap(\.self).first)
            // A description of a Double tells every bit of it.
            #expect("\(back)" == "\(result)", "seed 61")
        }
    }

    @Test func aDivergedTrainingIsKeptAsDiverged() throws {
        let plan = try Self.plan(seeds: 1, kinds: [.none], networks: ["cnn"])
        let result = ExperimentResult(
            experiment: plan.entries[0].experiment,
            epochs: [EpochResult(trainLoss: .nan, testLoss: .nan, testAccuracy: 0, seconds: 1)],
            parameterCount: 1, firstGradientNorms: [], lastGradientNorms: [],
            normalizationShare: 0, secondsPerStep: 1, finalTrainLoss: .nan)
        let kept = try plan.results(from: [TrainingRecord(line: TrainingRecord(result).line())])
        #expect(kept[0]?.hasDiverged == true)
        #expect(kept[0]?.finalTrainLoss.isNaN == true)
    }

    @Test func whatIsKeptDoesNotRunAgainAndTheRestComesToTheSame() throws {
        let plan = try Self.plan()
        let whole = try Runner(plan).run()
        let records = [5, 0, 2].map { TrainingRecord(whole[$0]) }
        let kept = try plan.results(from: records)
        #expect(kept.map { $0 != nil } == [0, 1, 2, 3, 4, 5, 6, 7].map { [0, 2, 5].contains($0) })
        let ended = Ended()
        let again = try Runner(plan).run(done: kept) { ended.add($0) }
        #expect(ended.count == 5)
        for (a, b) in zip(whole, again) {
            #expect(a.epochs.map(\.trainLoss) == b.epochs.map(\.trainLoss))
            #expect(a.epochs.map(\.testLoss) == b.epochs.map(\.testLoss))
            #expect(a.finalTrainLoss == b.finalTrainLoss)
            #expect(a.lastGradientNorms == b.lastGradientNorms)
        }
    }

    @Test func aForeignTrainingIsRefusedByName() throws {
        let results = try Runner(Self.plan(seeds: 3, networks: ["cnn"])).run()
        let records = results.map(TrainingRecord.init)
        #expect(throws: StudyError.foreignTraining("cnn, none, rate 0.05, seed 3")) {
            try Self.plan(seeds: 2, kinds: [.none], networks: ["cnn"]).results(
                from: Array(records.prefix(3)))
        }
    }

    @Test func anErrorEndsTheStudyWithoutFurtherTrainings() throws {
        let plan = try Self.plan(seeds: 40)
        let ended = Ended()
        #expect(throws: StudyError.noGnuplot) {
            _ = try Runner(plan).run { result in
                ended.add(result)
                throw StudyError.noGnuplot
            }
        }
        #expect(ended.count <= ProcessInfo.processInfo.activeProcessorCount)
    }

    @Test func networksAreChosenByNameOrBeginning() throws {
        #expect(try Self.plan().networks == ["cnn", "cnn-dropout"])
        #expect(try Self.plan(networks: ["cnn"]).networks == ["cnn"])
        #expect(try Self.plan(networks: ["cnn-*"]).networks == ["cnn-dropout"])
        #expect(try Self.plan(networks: ["*"]).networks == ["cnn", "cnn-dropout"])
        #expect(throws: StudyError.unknownNetwork("rnn", known: ["cnn", "cnn-dropout"])) {
            try Self.plan(networks: ["cnn", "rnn"])
        }
    }

    /// One count from the first epoch of the first training to the last picture, which is all.
    @Test func theShareGrowsFromTheFirstEpochToOne() throws {
        let plan = try Self.plan(networks: ["cnn"])
        let forecast = try Forecast(plan)
        #expect(forecast.trainings == 4 && forecast.left == 4 && forecast.seconds > 0)
        #expect(forecast.text.hasPrefix("4 trainings of 1 network, then pictures: "))
        let heard = Heard()
        let work = Work(forecast) { heard.add($0, $1) }
        _ = try Runner(plan).run(work: work)
        #expect(heard.shares.count == 8, "an epoch each")
        #expect(heard.shares[0] > 0)
        for round in 1...3 { work.endProbe(of: 3, "round \(round)") }
        for picture in 0..<5 { work.endPicture(picture, of: 5) }
        let shares = heard.shares
        #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 < $1 })
        #expect(abs(shares[shares.count - 1] - 1) < 1e-9)
        #expect(heard.texts[7].hasPrefix("4 of 4 trainings; cnn, "))
        #expect(heard.texts[15] == "5 of 5 pictures")
    }

    @Test func aForecastLeavesOutWhatIsKept() throws {
        let plan = try Self.plan(networks: ["cnn"])
        let results = try Runner(plan).run()
        let forecast = try Forecast(plan, done: [results[0], nil, nil, results[3]])
        #expect(forecast.trainings == 4 && forecast.left == 2)
        #expect(forecast.text.hasPrefix("2 of 4 trainings of 1 network, "))
        let none = try Forecast(plan, done: results)
        #expect(none.trainingSeconds == 0)
    }
}
