import Foundation

/// A picture in SVG, made of lines, boxes, dots and text: what needs no program to be drawn.
struct Drawing {
    let width: Double
    let height: Double
    private var elements: [String] = []

    /// Colours that people with any colour vision tell apart.
    static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
    static let ink = "#333333"
    static let pale = "#d9d9d9"

    init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

    /// A straight line.
    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String = ink,
        width: Double = 1
    ) {
        elements.append(
            "<line x1=\"\(text(x1))\" y1=\"\(text(y1))\" x2=\"\(text(x2))\" y2=\"\(text(y2))\" "
                + "stroke=\"\(color)\" stroke-width=\"\(text(width))\"/>")
    }

    /// A filled box from corner to corner.
    mutating func box(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String) {
        elements.append(
            "<rect x=\"\(text(min(x1, x2)))\" y=\"\(text(min(y1, y2)))\" "
                + "width=\"\(text(abs(x2 - x1)))\" height=\"\(text(max(0.5, abs(y2 - y1))))\" "
                + "fill=\"\(color)\"/>")
    }

    /// A dot, or a ring.
    mutating func dot(_ x: Double, _ y: Double, _ color: String, isRing: Bool = false) {
        let fill = isRing ? "none" : color
        elements.append(
            "<circle cx=\"\(text(x))\" cy=\"\(text(y))\" r=\"4\" fill=\"\(fill)\" "
                + "stroke=\"\(color)\" stroke-width=\"1.5\"/>")
    }

    /// Where a text stands: at its start, its middle or its end.
    enum Anchor: String {
        case start, middle, end
    }

    /// A line of text; turned, it goes upwards.
    mutating func write(
        _ words: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start, size: Double = 12,
        isTurned: Bool = false
    ) {
        let turn = isTurned ? " transform=\"rotate(-90 \(text(x)) \(text(y)))\"" : ""
        elements.append(
            "<text x=\"\(text(x))\" y=\"\(text(y))\" text-anchor=\"\(anchor.rawValue)\" "
                + "font-size=\"\(text(size))\"\(turn)>\(words.escaped)</text>")
    }

    /// The whole file, for light and dark pages.
    var svg: String {
        let size = "width=\"\(text(width))\" height=\"\(text(height))\" "
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size)"
            + "viewBox=\"0 0 \(text(width)) \(text(height))\" font-family=\"sans-serif\" "
            + "fill=\"\(Self.ink)\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
            + elements.joined(separator: "\n") + "\n</svg>\n"
    }

    private func text(_ number: Double) -> String {
        String(format: "%g", (number * 100).rounded() / 100)
    }
}

extension String {
    /// The text without what XML takes for markup, or cannot hold.
    fileprivate var escaped: String {
        printable.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }
}
