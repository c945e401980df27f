extension Int {
    func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
    func roundedUp(toMultipleOf step: Int) -> Int { dividedRoundingUp(by: step) * step }
}
