@main struct Norm {
    static func main() {}
}
