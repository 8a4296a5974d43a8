/** CSV as spreadsheets open it (RFC 4180): every cell quoted, and none that a spreadsheet would run. */

/** OWASP's list, and the full-width forms that spreadsheets take for the same. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/u

export function csvRow(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(text: string): string {
  return `"${(formula.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}
