"""How texts tell attributes. {k} attribute, {v} value, {n} name. Lines after `--` are held out."""

from .wording import parts

# How a record says one attribute. {v} is the value, {k} the attribute.
SAYINGS = {
    "name": parts("""
the name is {v}
name: {v}
name {v}
the name of the person is {v}
the person is {v}
this person is {v}
{v} is the name
called {v}
is called {v}
goes by {v}
known as {v}
they go by {v}
they call this person {v}
--
the person is called {v}
the person goes by {v}
this person is known as {v}
"""),
    "age": parts("""
{v} years old
is {v} years old
age: {v}
age {v}
the age is {v}
the age of {v}
at the age of {v}
aged {v}
is aged {v}
{v} years of age
is {v} years of age
is now {v}
turned {v} this year
has turned {v}
--
is now {v} years old
turned {v} years this year
has the age of {v}
"""),
    "city": parts("""
lives in {v}
city: {v}
city {v}
the city is {v}
from {v}
is from {v}
comes from {v}
home is {v}
at home in {v}
is at home in {v}
located in {v}
is based in {v}
based in {v}
works in {v}
settled in {v}
has settled in {v}
moved to {v}
has a home in {v}
the home town is {v}
the home city is {v}
--
has moved to {v}
the home is in {v}
is located in {v}
the town is {v}
"""),
    "job": parts("""
works as a {v}
work: {v}
job: {v}
job {v}
the job is {v}
is a {v}
is a {v} by trade
has a job as a {v}
a {v} by trade
employed as a {v}
is employed as a {v}
earns money as a {v}
hired as a {v}
was hired as a {v}
now a {v}
is now a {v}
--
now works as a {v}
was employed as a {v}
has work as a {v}
"""),
    "price": parts("""
costs {v} euros
costs {v} dollars
costs {v}
it costs {v} euros
price: {v}
price {v}
the price is {v}
the price is {v} euros
sold for {v} dollars
sold for {v} euros
it is sold for {v}
for {v} euros
for {v} dollars
at a price of {v}
at {v} euros
worth {v} euros
worth {v} dollars
you pay {v} dollars
you pay {v} euros for it
--
it is worth {v} dollars
for a price of {v} euros
the price is {v} dollars
you pay {v} for it
"""),
    "date": parts("""
on {v}
date: {v}
date {v}
the date is {v}
dated {v}
is dated {v}
takes place on {v}
it takes place on {v}
happens on {v}
it happens on {v}
it was on {v}
set for {v}
it is set for {v}
the day is {v}
planned for {v}
it is planned for {v}
--
the date is set for {v}
planned on {v}
it is on {v}
"""),
    "email": parts("""
email: {v}
email {v}
mail: {v}
the email is {v}
the email address is {v}
mail address {v}
mail address: {v}
the mail address is {v}
write to {v}
mail to {v}
send mail to {v}
send an email to {v}
reachable at {v}
is reachable at {v}
can be reached at {v}
answers mail at {v}
has the email {v}
--
has the mail address {v}
write an email to {v}
answers email at {v}
"""),
    "phone": parts("""
phone: {v}
phone {v}
tel: {v}
call {v}
please call {v}
to call, use {v}
the phone is {v}
the phone number is {v}
phone number {v}
phone number: {v}
has the phone number {v}
reachable under {v}
is reachable under {v}
can be reached under {v}
the telephone is {v}
the telephone number is {v}
ring {v}
--
please ring {v}
the number to call is {v}
telephone number {v}
"""),
    "color": parts("""
color: {v}
color {v}
the color is {v}
its color is {v}
painted {v}
is painted {v}
it is painted {v}
in {v}
{v} in color
it is {v} in color
of {v} color
has the color {v}
colored {v}
comes in {v}
it comes in {v}
--
comes in the color {v}
it is of {v} color
it has {v} color
"""),
    "quantity": parts("""
quantity: {v}
quantity {v}
{v} pieces
{v} of them
there are {v} of them
the quantity is {v}
a quantity of {v}
the number is {v}
a total of {v}
in total {v}
{v} in total
{v} units
{v} in number
{v} items
there are {v} pieces
--
there are {v} units
a total of {v} pieces
there are {v} in total
"""),
    "product": parts("""
product: {v}
product {v}
the product is {v}
the product is called {v}
an order for {v}
there is an order for {v}
item: {v}
the item is {v}
the item: {v}
wants {v}
wants to buy {v}
asks for {v}
asked for {v}
buys {v}
bought {v}
ordered {v}
the order is for {v}
--
the order asks for {v}
the item is called {v}
the product to buy is {v}
""")}
OTHER = parts("""
{k}: {v}
the {k} is {v}
the {k}: {v}
{k} {v}
{k} is {v}
its {k} is {v}
its {k}: {v}
with the {k} {v}
with {k} {v}
with a {k} of {v}
a {k} of {v}
has the {k} {v}
has a {k} of {v}
it has the {k} {v}
{k} = {v}
{v} is the {k}
{v} as {k}
{v} as the {k}
the {k} reads {v}
the {k} was {v}
as {k} it has {v}
for {k} we have {v}
we have {v} for {k}
--
as the {k} we have {v}
its {k} reads {v}
it has {v} as {k}
with {v} as the {k}
""")
NAMED = parts("""
{n}, {r}.
{n} ({r}).
{n}: {r}.
{n} - {r}.
Here is {n}: {r}.
Here is {n}, {r}.
This is {n}, {r}.
This is {n}: {r}.
Meet {n}, {r}.
Meet {n}: {r}.
We talked to {n}, {r}.
We met {n}, {r}.
I met {n}, {r}.
I talked to {n}: {r}.
Say hello to {n}, {r}.
A note on {n}: {r}.
A note about {n}: {r}.
Note on {n}: {r}.
About {n}: {r}.
--
We talked about {n}: {r}.
Here is a note about {n}: {r}.
We say hello to {n}, {r}.
""")
