/** What can be read on a colour (WCAG 2.2, relative luminance). The loader lends it to the panel. */

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
}

function luminance(channels: number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((value) => (value / 255) ** 2.2)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** At a luminance of .18 white and black both reach 4.5 : 1. */
function textOn(colour: string): string {
  return luminance(channels(colour)) < 0.18 ? '#fff' : '#000'
}

export const colours = { channels, luminance, textOn }
