/** Leaves of a page what it is about: what a model, learnt from labelled pages, takes for the main content. */
import { type Block, blocksOf } from './content-blocks.ts'
import { featuresOf } from './content-features.ts'
import { chooseBlocks, contentProbabilities } from './content-model.ts'
import type { Element } from './html-tree.ts'

/** Takes all else out of the tree. */
export function keepMainContent(root: Element, title: string): void {
  const blocks = blocksOf(root)
  const probabilities = contentProbabilities(featuresOf(root, blocks, title))
  const chosen = chooseBlocks(
    blocks.map(({ words }) => words),
    probabilities,
  )
  for (const [at, block] of blocks.entries()) if (!chosen[at]) remove(block)
}

function remove({ parent, from, to }: Block): void {
  for (let at = from; at < to; at++) parent.children[at] = ''
}
