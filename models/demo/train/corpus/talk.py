"""Small talk: exchanges that need no tool, for the chat and no_tool families."""

from .wording import fill, parts

HELLO = parts("""
Hi
Hi!
Hello
Hello!
Hey
Hey there
Good morning
Good morning!
Hi there
Hello there!
Hello, how is it going?
Hi, nice to see you.
Hello agent
Hello Puna!
Good day
Hey, anybody here?
Hi again
--
Good evening
Greetings
Hello my friend
Howdy
Hi, good to have you.
""")
NAMED_HELLO = parts("""
Hi, I am {n}.
Hello, my name is {n}.
Hey, {n} here.
Hi! I'm {n}.
Good morning, I am {n}.
Hello, I'm {n}. Nice to meet you.
My name is {n}, hi!
I am {n}, hello.
Hello! They call me {n}.
--
Good evening, my name is {n}.
Hi there, I go by {n}.
Hello, {n} speaking.
""")
WHO = parts("""
Who are you?
What are you?
What is your name?
What's your name?
Introduce yourself.
Tell me who you are.
Please introduce yourself.
Who am I talking to?
Can you introduce yourself?
Say who you are.
Are you a robot? Who are you?
What should I call you?
Your name, please?
--
Tell me about yourself.
Do you have a name?
Who is this?
Could you say what your name is?
""")
HOW = parts("""
How are you?
How are you today?
How are you doing?
How do you do?
How is it going?
How do you feel?
How is your day?
Hi, how are you?
Are you fine?
Is everything fine with you?
--
Are you well?
How have you been?
How is your day going?
""")
ABLE = parts("""
What can you do?
What can you do for me?
How can you help me?
What are you able to do?
What are you good at?
Help
Help!
What do you know?
Tell me what you can do.
What can I ask you?
How do I use you?
--
Which skills do you have?
What are you for?
List your skills.
How could you be of help?
""")
TOOLS = parts("""
Which tools do you have?
What tools can you use?
What tools do you have?
List your tools.
Name your tools.
Show me your tools.
Tell me which tools you have.
Which functions can you call?
What are the names of your tools?
Give me the list of tools.
--
Which tools are there?
Please name all your tools.
What tools are available?
Can I see your tools?
""")
THANKS = parts("""
Thanks
Thanks!
Thank you
Thank you!
Thanks a lot
Thank you very much.
Great, thanks.
OK, thank you.
Perfect, thanks!
That helped, thank you.
Good job, thanks.
Many thanks!
--
Much obliged, thank you!
Wonderful, thanks a bunch.
Thank you, that was useful.
""")
BYE = parts("""
Bye
Bye!
Goodbye
Goodbye!
See you
See you later
See you tomorrow.
That is all, bye.
I have to go, bye.
Good night
Bye for now
I am leaving, goodbye.
--
Until next time, bye!
Farewell
OK bye then
""")
REPEAT = parts("""
Repeat: {v}
Say: {v}
Echo: {v}
Repeat after me: {v}
Say "{v}"
Say "{v}" and nothing else.
Repeat the words "{v}".
Please say: {v}
Write: {v}
Print "{v}".
Answer with "{v}".
Reply with exactly: {v}
Just reply "{v}".
Copy this: {v}
Type "{v}".
--
Give me back these words: {v}
Respond only with "{v}".
Your whole answer shall be "{v}".
Say this back to me: {v}
""")
GREET = parts("""
Say hello to {n}.
Greet {n}.
Please greet {n}.
Say hi to {n}.
{n} is here, say hello.
Can you say hello to {n}?
Write a greeting for {n}.
--
Give {n} a greeting.
Welcome my friend {n}, please.
This is {n}, greet them.
""")
BULLETS = parts("""
Make a bullet list: {l}
Make a list of {l}.
Write {l} as a list.
List these with dashes: {l}
Bullet points: {l}
Turn this into a list: {l}
Put {l} in a list, one a line.
Write each on its own line: {l}
--
Format {l} as bullet points.
I want bullets for {l}.
One dash for each: {l}
""")
FIRST = parts("""
What is the first word of "{v}"?
Which word comes first in "{v}"?
First word of "{v}"?
Give me the first word of "{v}".
Tell me the first word of: {v}
--
With which word does "{v}" begin?
Only the first word of "{v}", please.
""")
LAST = parts("""
What is the last word of "{v}"?
Which word comes last in "{v}"?
Last word of "{v}"?
Give me the last word of "{v}".
Tell me the last word of: {v}
--
With which word does "{v}" end?
Only the last word of "{v}", please.
""")
BEYOND = parts("""
Write a poem about {@topic}.
Who invented {@topic}?
Why do people like {@topic}?
Explain {@topic}.
Tell me a story about a {@animal}.
What do you think about {@topic}?
What is {@topic}?
When did {@topic} begin?
Who discovered {@topic}?
What is the meaning of life?
Who is the president of {@city}?
Tell me a joke.
How do I learn {@language}?
Is {@city} nicer than {@city}?
Write a song for my {@animal}.
Give me a recipe for {@food}.
How many people live in {@city}?
What will happen next year?
What is the capital of that country?
Sing something about {@food}.
Do you like {@food}?
What does a {@job} do all day?
How old is {@first}?
Which {@item} should I buy?
--
Describe {@topic} in detail.
What is your opinion on {@food}?
Invent a tale about a {@job} and a {@animal}.
Why is {@city} famous?
How does {@topic} work?
Write an essay about {@topic}.
Where does {@food} come from?
""")

BEYOND_ANSWER = "Sorry, I am a small model and do not know that."
NAME_ANSWER = "I am Puna, a small local agent."
ABLE_ANSWER = "I can call tools, remember what you tell me and answer simple questions."
FINE_ANSWER = "I am fine, thank you."
HELLO_ANSWER = "Hello! How can I help?"


def _phrase(dice):
    return dice.pick((dice.value, lambda: dice.words(1, 6), lambda: dice.entity("phrase"),
                      lambda: f"{dice.entity('phrase')} {dice.code()}"))()


def _hello(dice):
    if dice.chance(0.4):
        return dice.part(HELLO), HELLO_ANSWER
    n = dice.entity("first")
    return fill(dice, dice.part(NAMED_HELLO), {"n": n}), f"Hello, {n}! How can I help?"


def _edge_word(dice):
    words = [dice.word() for _ in range(dice.between(2, 6))]
    first = dice.chance(0.5)
    text = fill(dice, dice.part(FIRST if first else LAST), {"v": " ".join(words)})
    return text, words[0 if first else -1]


def _bullets(dice):
    things = [dice.pick((dice.entity("item"), dice.entity("food"), dice.word(), dice.entity("first")))
              for _ in range(dice.between(2, 6))]
    joined = ", ".join(things[:-1]) + dice.pick((" and ", ", ")) + things[-1]
    return fill(dice, dice.part(BULLETS), {"l": joined}), "\n".join(f"- {t}" for t in things)


def _repeat(dice):
    v = _phrase(dice)
    return fill(dice, dice.part(REPEAT), {"v": v}), v


def _greet(dice):
    n = dice.pick((dice.entity("first"), dice.full_name()))
    return fill(dice, dice.part(GREET), {"n": n}), f"Hello, {n}!"


KINDS = (
    (_hello, 5), (lambda d: (d.part(WHO), NAME_ANSWER), 3),
    (lambda d: (d.part(HOW), FINE_ANSWER), 3), (lambda d: (d.part(ABLE), ABLE_ANSWER), 3),
    (lambda d: (d.part(THANKS), "You are welcome!"), 3), (lambda d: (d.part(BYE), "Goodbye!"), 3),
    (_repeat, 6), (_greet, 3), (_bullets, 4), (_edge_word, 4),
    (lambda d: (fill(d, d.part(BEYOND), {}), BEYOND_ANSWER), 4))
SMALL = KINDS[:6]


def small_talk(dice, kinds=KINDS):
    """A user message and the answer to it."""
    return dice.weighted(kinds)(dice)
