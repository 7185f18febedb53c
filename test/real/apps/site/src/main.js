import './style.css'
import { title } from './title.js'

document.querySelector('#title').textContent = title
