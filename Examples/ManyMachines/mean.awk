# The mean of the last ten losses at each step, of a table step,loss,…
NR > 1 {
    sum += $2 - (NR > 11 ? kept[NR % 10] : 0)
    kept[NR % 10] = $2
    if (NR > 10) print $1 "," sum / 10
}
