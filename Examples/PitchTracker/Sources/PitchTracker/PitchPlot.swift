internal import Foundation

/// Pitch and confidence over time as an SVG drawing, by gnuplot.
public struct PitchPlot: Sendable {
    /// The SVG document.
    public let svg: [UInt8]

    /// The points beyond which estimates are thinned out evenly: more would not show.
    private static let mostPoints = 8192

    /// Draws `estimates` under `title`. Runs gnuplot, which must be on the PATH.
    ///
    /// - Throws: ``PitchError/emptyPlot``, ``PitchError/gnuplotMissing``,
    ///   ``PitchError/gnuplotFailed(message:)``.
    public init(_ estimates: [PitchEstimate], title: String) throws(PitchError) {
        guard let last = estimates.last else { throw .emptyPlot }
        let step = (estimates.count + PitchPlot.mostPoints - 1) / PitchPlot.mostPoints
        let points = stride(from: 0, to: estimates.count, by: step).map { index in
            let estimate = estimates[index]
            return String(
                format: "%.4f %.4f %.5f", estimate.time, estimate.frequency, estimate.confidence)
        }
        svg = try PitchPlot.run(
            PitchPlot.script(
                points, title: title, end: max(0.01, last.time),
                pitches: PitchPlot.axis(for: estimates)))
    }

    /// Writes the drawing to the file at `path`, which appears whole or not at all.
    ///
    /// - Throws: ``PitchError/file(_:)``.
    public func write(to path: String) throws(PitchError) {
        try writeWhole(svg, to: path)
    }

    /// Above, the pitch on a logarithmic axis, darker the surer; below, the confidence.
    private static func script(
        _ points: [String], title: String, end: Double, pitches: ClosedRange<Double>
    ) -> String {
        """
        $pitch << END
        \(points.joined(separator: "\n"))
        END
        set terminal svg size 900,560 dynamic font 'sans-serif,13' background '#ffffff'
        set grid linecolor '#dddddd' linetype 1 linewidth 0.5
        set border 3 linecolor '#555555'
        set tics nomirror
        set xrange [0:\(end)]
        set lmargin at screen 0.08
        set rmargin at screen 0.86
        set palette defined (0 '#e3e6ee', 0.5 '#7f9ccb', 1 '#0b3c8c')
        set cbrange [0:1]
        set multiplot
        set tmargin at screen 0.92
        set bmargin at screen 0.40
        set title '\(quoted(title))' noenhanced
        set ylabel 'pitch in Hz'
        set cblabel 'confidence'
        set logscale y
        set ytics (30, 40, 50, 70, 100, 150, 200, 300, 400, 500, 700, 1000, 1500, 2000)
        set yrange [\(pitches.lowerBound):\(pitches.upperBound)]
        plot $pitch using 1:2:3 with points pointtype 7 pointsize 0.35 palette notitle
        unset title
        unset logscale y
        set tmargin at screen 0.31
        set bmargin at screen 0.11
        set xlabel 'time in s'
        set ylabel 'confidence'
        set yrange [0:1]
        set ytics 0, 0.5, 1
        plot $pitch using 1:3 with lines linewidth 1.2 linecolor '#0b3c8c' notitle
        unset multiplot
        """
    }

    /// What the pitch axis shows: half an octave more than the estimates surer than 0.5 span, or,
    /// where there are none, whatever the network can hear.
    private static func axis(for estimates: [PitchEstimate]) -> ClosedRange<Double> {
        let sure = estimates.filter { $0.confidence > 0.5 }.map(\.frequency)
        guard let low = sure.min(), let high = sure.max() else { return 30...2100 }
        return low / 2.0.squareRoot()...high * 2.0.squareRoot()
    }

    /// A title for a gnuplot string in single quotes, where only the quote means something.
    private static func quoted(_ title: String) -> String {
        String(title.map { $0.isNewline ? " " : $0 }).replacing("'", with: "''")
    }

    private static func run(_ script: String) throws(PitchError) -> [UInt8] {
        guard let gnuplot = gnuplotPath() else { throw .gnuplotMissing }
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appending(path: "pitch-\(UUID().uuidString).gnuplot")
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            try Data(script.utf8).write(to: file)
            let (process, output, errors) = (Process(), Pipe(), Pipe())
            process.executableURL = URL(filePath: gnuplot)
            process.arguments = [file.path]
            process.standardOutput = output
            process.standardError = errors
            process.standardInput = FileHandle.nullDevice
            try process.run()
            let svg = try output.fileHandleForReading.readToEnd() ?? Data()
            let said = try errors.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            guard process.terminationStatus == 0, !svg.isEmpty else {
                throw PitchError.gnuplotFailed(message: String(decoding: said, as: UTF8.self))
            }
            return Array(svg)
        } catch let error as PitchError {
            throw error
        } catch {
            throw .gnuplotFailed(message: error.localizedDescription)
        }
    }

    private static func gnuplotPath() -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map { "\($0)/gnuplot" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
