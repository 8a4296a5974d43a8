// A question is asked in the chat; where there is none, as its key was refused, its link leads to the page of the guide that answers it.
for (const question of document.querySelectorAll('.ask')) {
  question.addEventListener('click', (event) => {
    if (!document.querySelector('mevichat-widget') || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    window.Mevichat.ask(question.textContent)
  })
}
