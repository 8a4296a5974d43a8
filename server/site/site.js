// A question is asked in the chat; where there is none, its link leads to the page of the guide that answers it.
for (const question of document.querySelectorAll('.ask')) {
  question.addEventListener('click', (event) => {
    if (!window.Mevichat || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    window.Mevichat.ask(question.textContent)
  })
}
