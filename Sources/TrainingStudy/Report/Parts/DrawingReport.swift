/// The report on the network that draws digits.
struct DrawingReport {
    private let summary: Summary
    private let plan: Plan
    private let references: (accuracy: Double, lesson: Double)
    private let task: LearningTask?

    /// The report on the results of `plan`; the judge looks at real images, too.
    init(_ summary: Summary, plan: Plan) throws {
        self.summary = summary
        self.plan = plan
        let entry = plan.entries.first { $0.judge != nil }
        task = entry?.task
        references = try entry?.judge?.references() ?? (accuracy: 0, lesson: 0)
    }

    var report: PartReport {
        let tables = SummaryTables(summary: summary, plan: plan)
        let claims = DrawingClaims(summary: summary).all
        return PartReport(
            .gan, title: "Drawing a digit on demand", tables: tables, reference: .standard,
            claims: claims,
            introduction: [
                "A generative adversarial network draws the digit that it is asked for. none and "
                    + "standard are told the digit by ten inputs more, without normalization and with "
                    + "batch norm. conditional is told by γ and β alone: conditional batch norm, with "
                    + "a row of γ and of β for each digit.",
                "Three numbers judge it. Accuracy: the share of 1,000 drawn digits that a "
                    + "convolutional network trained on real digits takes for the digit asked for; of "
                    + "real test digits it is \(references.accuracy.thousandths). Variety: how much "
                    + "drawn digits of a kind differ from each other, over how much real ones do; 0 "
                    + "is one and the same image. Lesson: the accuracy on real digits of a dense "
                    + "network that was trained on drawn ones alone, as many as there are real ones; "
                    + "trained on those it is \(references.lesson.thousandths).",
                "Adam with β₁ = 0.5 and β₂ = 0.999, for both networks.",
            ],
            findings: [sentence],
            sections: [
                PictureSection("Drawn digits", grids),
                PictureSection(
                    "Training",
                    [
                        summary.curves("gan", accuracy: true, what: "judge's accuracy"),
                        summary.byRate("gan"),
                    ]),
            ],
            results: [drawings],
            details: [tables.networks] + tables.rates)
    }

    private var kinds: [NormalizationKind] { summary.kinds(of: "gan") }

    private var sentence: String? {
        let parts = kinds.compactMap { kind in
            summary.best("gan", kind).map {
                "\(kind.rawValue) \($0.accuracy.mean.thousandths), variety "
                    + "\($0.variety.mean.thousandths), lesson \($0.lesson.mean.thousandths)"
            }
        }
        return "At the learning rate of highest accuracy: " + parts.joined(separator: "; ") + "."
    }

    private var drawings: TableSection {
        TableSection(
            title: "What was drawn",
            note: "Mean ± standard deviation over the seeds, at the learning rate of highest "
                + "accuracy.",
            columns: ["layer", "rate", "accuracy", "variety", "lesson", "parameters"],
            rows: kinds.compactMap { kind in
                summary.best("gan", kind).map { group in
                    [
                        kind.rawValue, group.learningRate.short, group.accuracy.text,
                        group.variety.text, group.lesson.text,
                        String(group.results[0].parameterCount),
                    ]
                }
            } + [
                [
                    "real digits", "–", references.accuracy.thousandths, Double(1).thousandths,
                    references.lesson.thousandths, "–",
                ]
            ])
    }

    /// Real digits, and those of the first seed of each layer: eight of each kind.
    private var grids: [ImageGrid] {
        guard let task else { return [] }
        let (shape, classes) = (task.test.sampleShape, task.test.classes)
        func grid(_ name: String, _ title: String, _ caption: String, _ images: [[Double]])
            -> ImageGrid
        {
            ImageGrid(
                name: "digits-\(name)", title: title, caption: caption, images: images,
                size: (shape[1], shape[2]), columns: classes)
        }
        let drawn = kinds.compactMap { kind -> ImageGrid? in
            guard let group = summary.best("gan", kind), let drawing = group.results[0].drawing
            else { return nil }
            return grid(
                kind.rawValue, "\(kind.rawValue): drawn digits",
                "Asked for 0 to 9, column by column, seed 1; not chosen.", drawing.images)
        }
        return [
            grid(
                "real", "real digits", "Of the test: the first eight of each kind.",
                task.test.firstImages(8))
        ] + drawn
    }
}

extension Dataset {
    /// The ink of the first images of each class, class after class in turn.
    fileprivate func firstImages(_ count: Int) -> [[Double]] {
        let (width, scale) = (sampleShape.reduce(1, *), InkScale(self))
        let ofClass = (0..<classes).map { label in labels.indices.filter { labels[$0] == label } }
        return (0..<count).flatMap { row in
            ofClass.map { samples in
                guard row < samples.count else { return [Double](repeating: 0, count: width) }
                return scale.ink(values[samples[row] * width..<(samples[row] + 1) * width])
            }
        }
    }
}
