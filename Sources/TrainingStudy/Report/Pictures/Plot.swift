import Foundation

/// One picture: lines over a common axis, drawn by gnuplot.
package struct Plot: Picture {
    /// One line with points, and how far the seeds spread about it.
    struct Line {
        let title: String
        let color: String
        let pointType: Int
        var isDashed = false
        /// x, y, lowest, highest.
        let points: [(Double, Double, Double, Double)]
    }

    let name: String
    let title: String
    let caption: String
    let xLabel: String
    let yLabel: String
    var isLogarithmicX = false
    var isLogarithmicY = false
    var yRange = ""
    var hasPoints = true
    let lines: [Line]

    /// Throws where there is no gnuplot: before hours of training, not after.
    package static func checkProgram() throws(StudyError) {
        guard (try? run("set terminal svg\n")) != nil else { throw .noGnuplot }
    }

    /// The picture as an SVG element, whose text and axes have the colour of the text around it.
    func svg() throws(StudyError) -> String {
        guard let drawn = try? Self.run(script), let start = drawn.range(of: "<svg") else {
            throw .noPicture(name)
        }
        return drawn[start.lowerBound...]
            .replacingOccurrences(of: "rgb(  1,   2,   3)", with: "currentColor")
            .replacingOccurrences(of: "rgb(1,2,3)", with: "currentColor")
            .replacingOccurrences(of: "#010203", with: "currentColor")
            // Groups would give what is in them black for the colour of the text around.
            .replacingOccurrences(of: " color=\"black\"", with: "")
            .replacingOccurrences(of: "<title>Gnuplot</title>", with: "<title>\(title)</title>")
            .replacingOccurrences(
                of: "<desc>Produced by GNUPLOT", with: "<desc>Drawn by gnuplot")
    }

    private var script: String {
        var script = """
            set terminal svg size 420,\(lines.count > 6 ? 410 : 350) dynamic font "sans-serif,14" name "\(plotName)"
            set border 3 lc rgb "#010203"
            set tics nomirror textcolor rgb "#010203"
            set key outside bottom center horizontal reverse Left samplen 1.2 \
                textcolor rgb "#010203" height 0.5 width \(keyWidth) font ",13"
            set xlabel "\(xLabel)" offset 0,0.2 textcolor rgb "#010203"
            set autoscale xfix
            set offsets graph 0.02, graph 0.02, 0, 0
            set ylabel "\(yLabel)" textcolor rgb "#010203"
            set grid ytics lc rgb "#999999" lw 0.4 dt 3
            set style fill transparent solid 0.15 noborder

            """
        if isLogarithmicX { script += "set logscale x\n" }
        if isLogarithmicY { script += "set logscale y\nset format y \"%g\"\n" }
        // Few values of x, such as learning rates, are marked where they are.
        let marks = Set(lines.flatMap { $0.points.map(\.0) }).sorted()
        if marks.count <= 12 {
            let tics = marks.map { "\"\($0.short)\" \($0)" }.joined(separator: ", ")
            script += "set xtics (\(tics))\n"
        }
        if !yRange.isEmpty { script += "set yrange \(yRange)\n" }
        for (index, line) in lines.enumerated() {
            let rows = line.points.map { "\($0.0) \($0.1) \($0.2) \($0.3)" }
            script += "$line\(index) << END\n\(rows.joined(separator: "\n"))\nEND\n"
        }
        let bands = lines.indices.filter { index in
            lines[index].points.contains { $0.2 != $0.3 }
        }.map { "$line\($0) using 1:3:4 with filledcurves lc rgb \"\(lines[$0].color)\" notitle" }
        let curves = lines.enumerated().map { index, line in
            "$line\(index) using 1:2 with \(hasPoints ? "linespoints" : "lines") "
                + "lc rgb \"\(line.color)\" lw 2\(line.isDashed ? " dt 2" : "") "
                + (hasPoints ? "pt \(line.pointType) ps 0.5 " : "") + "title \"\(line.title)\""
        }
        return script + "plot " + (bands + curves).joined(separator: ", ") + "\n"
    }

    /// gnuplot leaves much room for long names, and little for short ones.
    private var keyWidth: Int { lines.contains { $0.title.count > 9 } ? -3 : 0 }

    /// The prefix of the picture's element names, which a page with several must keep apart.
    private var plotName: String { name.replacingOccurrences(of: "-", with: "_") }

    private static func run(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gnuplot"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        // Without gnuplot nothing reads the script: an error to catch, not a signal that kills.
        signal(SIGPIPE, SIG_IGN)
        try process.run()
        // gnuplot reads all of the script before it writes more than a pipe holds.
        try input.fileHandleForWriting.write(contentsOf: Data(script.utf8))
        try input.fileHandleForWriting.close()
        let drawn = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw StudyError.noGnuplot }
        return String(decoding: drawn, as: UTF8.self)
    }
}
